//! The OpenAPI document describes the routes that there are, each verb of each, and no others; and
//! the file in the repository is the document as it is.

use std::collections::BTreeSet;
use std::path::Path;

const VERBS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// The routes as they stand in the source.
fn routes(text: &str) -> BTreeSet<String> {
    let text = text.split(".fallback(").next().unwrap();
    let mut found = BTreeSet::new();
    for route in text.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        let handlers = &route[route.find(path).unwrap() + path.len()..];
        for verb in VERBS {
            let is_there = |before: char| handlers.contains(&format!("{before}{verb}("));
            if [' ', '.', '\n'].into_iter().any(is_there) {
                found.insert(format!("{verb} {path}"));
            }
        }
    }
    found
}

fn described(document: &serde_json::Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &serde_json::Value)| {
        let verbs = item.as_object().unwrap().keys().map(|verb| format!("{verb} {path}"));
        verbs.collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("src/supervisor/routes/mod.rs")).unwrap();
    let (routes, described) = (routes(&text), described(&ao::supervisor::openapi_document()));
    assert!(routes.len() > 60, "{routes:?}");
    let missing: Vec<_> = routes.difference(&described).collect();
    let extra: Vec<_> = described.difference(&routes).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "a route needs its row in src/supervisor/routes/openapi/operations.rs: missing {missing:?}, \
         of no route {extra:?}"
    );
}

#[test]
fn the_routes_are_read_as_they_stand() {
    let text =
        ".route(\"/a/{id}\", get(x::get).post(y))\n.route(\n\"/b\",\n put(z),\n)\n.fallback(get)";
    let expected = ["get /a/{id}", "post /a/{id}", "put /b"].map(str::to_owned);
    assert_eq!(routes(text), BTreeSet::from(expected));
}

#[test]
fn the_file_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read_to_string(root.join("openapi.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&file).unwrap();
    assert!(
        kept == ao::supervisor::openapi_document(),
        "openapi.json is out of date: `cargo run -- generate all .`"
    );
}
