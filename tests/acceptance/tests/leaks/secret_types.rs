//! Finds, in Rust source code, the types that hold a secret, directly or through another type.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Fields, Item, Type, visit::Visit};

/// Types of libraries that wrap a secret.
const WRAPPERS: [&str; 4] = ["SecretString", "SecretBox", "SecretSlice", "Zeroizing"];

/// How a type implements `Debug`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DebugImpl {
    /// Does not implement `Debug`.
    None,
    /// Has `derive(Debug)`.
    Derived,
    /// Implements `Debug` with code of its own.
    Manual,
}

/// A type that holds a secret.
#[derive(Clone, Debug)]
pub(crate) struct SecretType {
    pub(crate) crate_name: String,
    pub(crate) name: String,
    pub(crate) is_public: bool,
    pub(crate) debug_impl: DebugImpl,
    /// Whether a field has a type of [`WRAPPERS`].
    pub(crate) holds_secret_directly: bool,
    /// Whether a field is a `Zeroizing`, which is overwritten when it is dropped, but whose `Debug`
    /// output shows its content.
    pub(crate) has_zeroizing_field: bool,
    /// The names of all types in the fields.
    names: BTreeSet<String>,
}

/// Finds the types that hold a secret in all crates of `functions` and `shared`.
pub(crate) fn find_secret_types() -> Vec<SecretType> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut sources = Vec::new();
    for parent in ["functions", "shared"] {
        for folder in fs::read_dir(root.join(parent)).expect("a folder") {
            let folder = folder.expect("a folder").path();
            let crate_name = folder
                .file_name()
                .and_then(|name| name.to_str())
                .expect("a name")
                .replace('-', "_");
            let mut files = Vec::new();
            collect_sources(&folder.join("src"), &mut files);
            sources.extend(
                files
                    .into_iter()
                    .map(|file| (crate_name.clone(), fs::read_to_string(file).expect("a source"))),
            );
        }
    }
    find_secret_types_in(sources)
}

/// Adds the Rust files of a folder and its subfolders, except files of unit tests.
fn collect_sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if stem.ends_with("tests") || stem == "samples" {
            continue;
        }
        if path.is_dir() {
            collect_sources(&path, files);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
}

/// Finds the types that hold a secret in `sources`, which are pairs of a crate name and source
/// code. Returns the types sorted by name.
pub(crate) fn find_secret_types_in(sources: Vec<(String, String)>) -> Vec<SecretType> {
    let (mut types, mut types_with_manual_debug) = (Vec::new(), BTreeSet::new());
    for (crate_name, source) in sources {
        let file = syn::parse_file(&source).expect("Rust");
        let mut reader = TypeVisitor {
            crate_name,
            types: &mut types,
            types_with_manual_debug: &mut types_with_manual_debug,
        };
        reader.visit_file(&file);
    }
    // A crate name and a type name identify a type. A type name in a field means the type of the
    // same crate. If that crate has no type of this name, the name means the type of another crate.
    let defined: BTreeSet<_> = types
        .iter()
        .map(|item_type| (item_type.crate_name.clone(), item_type.name.clone()))
        .collect();
    let mut holders: BTreeSet<(String, String)> = BTreeSet::new();
    loop {
        let holds_secret = |item_type: &&SecretType| {
            item_type.names.iter().any(|name| {
                let own = (item_type.crate_name.clone(), name.clone());
                let elsewhere = || holders.iter().any(|(_, other)| other == name);
                WRAPPERS.contains(&name.as_str())
                    || if defined.contains(&own) { holders.contains(&own) } else { elsewhere() }
            })
        };
        let all: BTreeSet<_> = types
            .iter()
            .filter(holds_secret)
            .map(|item_type| (item_type.crate_name.clone(), item_type.name.clone()))
            .collect();
        if all == holders {
            break;
        }
        holders = all;
    }
    types.retain(|item_type| {
        holders.contains(&(item_type.crate_name.clone(), item_type.name.clone()))
    });
    for item_type in &mut types {
        if types_with_manual_debug.contains(&(item_type.crate_name.clone(), item_type.name.clone()))
        {
            item_type.debug_impl = DebugImpl::Manual;
        }
    }
    types.sort_by(|item_type, other| {
        (&item_type.name, &item_type.crate_name).cmp(&(&other.name, &other.crate_name))
    });
    types
}

/// Collects the types of a source file, and the types that have an `impl Debug`.
struct TypeVisitor<'a> {
    crate_name: String,
    types: &'a mut Vec<SecretType>,
    types_with_manual_debug: &'a mut BTreeSet<(String, String)>,
}

impl Visit<'_> for TypeVisitor<'_> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "syn's items grow in number")]
    fn visit_item(&mut self, item: &Item) {
        let (attributes, name, public, fields): (_, _, _, Vec<&Fields>) = match item {
            Item::Struct(item) => (&item.attrs, &item.ident, &item.vis, vec![&item.fields]),
            Item::Enum(item) => (
                &item.attrs,
                &item.ident,
                &item.vis,
                item.variants.iter().map(|item_type| &item_type.fields).collect(),
            ),
            Item::Impl(item) => {
                let implements_debug = item
                    .trait_
                    .as_ref()
                    .and_then(|(path, ..)| last_segment(path))
                    .is_some_and(|name| name == "Debug");
                if let (true, Type::Path(item)) = (implements_debug, &*item.self_ty) {
                    self.types_with_manual_debug.extend(
                        item.path
                            .segments
                            .last()
                            .map(|last| (self.crate_name.clone(), last.ident.to_string())),
                    );
                }
                return;
            }
            Item::Mod(item) if item.attrs.iter().any(is_cfg) => return,
            other => return syn::visit::visit_item(self, other),
        };
        let mut names = TypeNames::default();
        for fields in fields {
            names.visit_fields(fields);
        }
        self.types.push(SecretType {
            crate_name: self.crate_name.clone(),
            name: name.to_string(),
            is_public: matches!(public, syn::Visibility::Public(_)),
            debug_impl: if attributes.iter().any(derives_debug) {
                DebugImpl::Derived
            } else {
                DebugImpl::None
            },
            holds_secret_directly: WRAPPERS.iter().any(|wrapper| names.0.contains(*wrapper)),
            has_zeroizing_field: names.0.contains("Zeroizing"),
            names: names.0,
        });
    }
}

/// Returns the last segment of a path.
fn last_segment(path: &syn::Path) -> Option<String> {
    path.segments.last().map(|last| last.ident.to_string())
}

/// Returns `true` for an attribute `cfg`. Modules with `cfg` contain tests or
/// code for fuzzing, which is not deployed.
fn is_cfg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
}

fn derives_debug(attribute: &Attribute) -> bool {
    let mut found = false;
    if attribute.path().is_ident("derive") {
        attribute
            .parse_nested_meta(|derived| {
                found |= derived.path.segments.last().is_some_and(|last| last.ident == "Debug");
                Ok(())
            })
            .expect("a list of traits");
    }
    found
}

/// The segments of all paths in the types of fields.
#[derive(Default)]
struct TypeNames(BTreeSet<String>);

impl Visit<'_> for TypeNames {
    fn visit_path_segment(&mut self, segment: &syn::PathSegment) {
        self.0.insert(segment.ident.to_string());
        syn::visit::visit_path_segment(self, segment);
    }
}
