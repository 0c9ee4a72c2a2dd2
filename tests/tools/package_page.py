"""The page of instructions in an archive: docs/air-gapped.md for one partition."""

import re

from event_samples import ROOT

PAGE = ROOT / "docs" / "air-gapped.md"
COMMENT = re.compile(r"<!-- `make package.*-->\n")
ONLY = re.compile(r"<!-- only: ([a-z -]+) -->\n(.*?)<!-- end -->\n", re.DOTALL)
FORGOTTEN = re.compile(r"<!--.*?-->|\{\{\w+\}\}")
REGIONS = {
    "aws": "us-east-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso": "us-iso-east-1",
}


def parameters(template):
    """Yields a table of the template's parameters."""
    rows = ["| parameter | proposed | is |", "|---|---|---|"]
    for name, it in template["Parameters"].items():
        proposed = f"`{it['Default']}`" if it.get("Default") else "–" if "Default" in it else "**you say**"
        values = f" One of {', '.join(f'`{value}`' for value in it['AllowedValues'])}." if "AllowedValues" in it else ""
        description = f"{it.get('Description', '')}{values}".replace("|", "\\|").strip()
        rows.append(f"| `{name}` | {proposed} | {description} |")
    return "\n".join(rows)


def page(partition, template, name, version, revision):
    """Returns the page as Markdown."""
    text = COMMENT.sub("", PAGE.read_text())
    text = ONLY.sub(lambda found: found[2] if partition in found[1].split() else "", text)
    known = {"name": name, "version": version, "revision": revision, "partition": partition, "region": REGIONS[partition]}
    known["architecture"] = template["Parameters"]["Architecture"]["Default"]
    for word, value in known.items():
        text = text.replace(f"{{{{{word}}}}}", value)
    text = text.replace("<!-- parameters -->", parameters(template))
    if forgotten := FORGOTTEN.search(text):
        raise ValueError(f"{PAGE} has {forgotten[0]}, which nothing fills")
    return text
