//! Finds types that hold secrets in the sources, directly or through another type.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Fields, Item, Type, visit::Visit};

/// Types that wrap a secret.
const WRAPPERS: [&str; 4] = ["SecretString", "SecretBox", "SecretSlice", "Zeroizing"];

/// How a type can be printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Print {
    /// Cannot be printed.
    Never,
    /// Derives `Debug`.
    Derived,
    /// Implements `Debug` by hand.
    ByHand,
}

/// A type that holds a secret.
#[derive(Clone, Debug)]
pub(crate) struct SecretType {
    pub(crate) crate_name: String,
    pub(crate) name: String,
    pub(crate) public: bool,
    pub(crate) print: Print,
    /// Whether it holds a secret itself, not through another type.
    pub(crate) direct: bool,
    /// Whether it holds directly what is wiped, and not hidden.
    pub(crate) wiped: bool,
    names: BTreeSet<String>,
}

/// Finds the secret types of every deployed crate.
pub(crate) fn find() -> Vec<SecretType> {
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
    find_in(sources)
}

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

/// Finds the secret types in sources, each with its crate; sorted by name.
pub(crate) fn find_in(sources: Vec<(String, String)>) -> Vec<SecretType> {
    let (mut types, mut by_hand) = (Vec::new(), BTreeSet::new());
    for (crate_name, source) in sources {
        let file = syn::parse_file(&source).expect("Rust");
        let mut reader = TypeVisitor { crate_name, types: &mut types, by_hand: &mut by_hand };
        reader.visit_file(&file);
    }
    // A type is identified by crate and name. A name means the type of the same crate, or, if that crate has
    // none of that name, the type of another crate.
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
        if by_hand.contains(&(item_type.crate_name.clone(), item_type.name.clone())) {
            item_type.print = Print::ByHand;
        }
    }
    types.sort_by(|item_type, other| {
        (&item_type.name, &item_type.crate_name).cmp(&(&other.name, &other.crate_name))
    });
    types
}

struct TypeVisitor<'a> {
    crate_name: String,
    types: &'a mut Vec<SecretType>,
    by_hand: &'a mut BTreeSet<(String, String)>,
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
                    self.by_hand.extend(
                        item.path
                            .segments
                            .last()
                            .map(|last| (self.crate_name.clone(), last.ident.to_string())),
                    );
                }
                return;
            }
            Item::Mod(item) if item.attrs.iter().any(is_test) => return,
            other => return syn::visit::visit_item(self, other),
        };
        let mut names = Names::default();
        for fields in fields {
            names.visit_fields(fields);
        }
        self.types.push(SecretType {
            crate_name: self.crate_name.clone(),
            name: name.to_string(),
            public: matches!(public, syn::Visibility::Public(_)),
            print: if attributes.iter().any(derives_debug) { Print::Derived } else { Print::Never },
            direct: WRAPPERS.iter().any(|wrapper| names.0.contains(*wrapper)),
            wiped: names.0.contains("Zeroizing"),
            names: names.0,
        });
    }
}

/// The last name of an implemented trait's path.
fn last_segment(path: &syn::Path) -> Option<String> {
    path.segments.last().map(|last| last.ident.to_string())
}

fn is_test(attribute: &Attribute) -> bool {
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

/// Every name in the types of fields.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Visit<'_> for Names {
    fn visit_path_segment(&mut self, segment: &syn::PathSegment) {
        self.0.insert(segment.ident.to_string());
        syn::visit::visit_path_segment(self, segment);
    }
}
