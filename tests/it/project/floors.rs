//! The floors of the domain: a module imports from its own room and from lower floors.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up. Rooms on one floor know nothing of each other.
const FLOORS: &[&[&str]] = &[
    &["nouns", "listed"],
    &["base"],
    &["entity"],
    &["kernel"],
    &["rule"],
    &["program", "commission"],
    &["partner"],
    &["deal"],
    &["tenant"],
    &["payout"],
    &["background"],
];

/// Where the code of the domain is.
pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src")
}

/// The floor of each room.
fn floors() -> BTreeMap<String, usize> {
    let floors = FLOORS.iter().enumerate();
    let rooms = floors.flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)));
    rooms
        .map(|(room, floor)| (room.to_owned(), floor))
        .collect()
}

/// The rooms of names that the crate's root passes on, as `pub use base::{ids, money};`.
fn passed_on(root: &str) -> BTreeMap<String, String> {
    let mut rooms = BTreeMap::new();
    for statement in root.split(';') {
        let Some((_, tree)) = statement.split_once("use ") else {
            continue;
        };
        let (room, names) = tree.split_once("::").unwrap();
        for name in names.trim_matches(['{', '}']).split(',') {
            rooms.insert(name.trim().to_owned(), room.trim().to_owned());
        }
    }
    rooms
}

/// What a source takes from its crate: the first names after `crate::`.
fn taken(source: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = BTreeSet::new();
    for after in source.split("crate::").skip(1) {
        let Some(tree) = after.strip_prefix('{') else {
            let name: String = after.chars().take_while(|&c| is_name(c)).collect();
            // A macro is the root's own, whichever file it is written in.
            if !after[name.len()..].starts_with('!') {
                names.insert(name);
            }
            continue;
        };
        let (mut depth, mut name) = (0, String::new());
        for c in tree.chars() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.insert(std::mem::take(&mut name));
                }
                c if depth == 0 && !c.is_whitespace() => name.push(c),
                _ => {}
            }
        }
        names.insert(name);
    }
    let first = |name: &String| name.split("::").next().unwrap().to_owned();
    let mut names: BTreeSet<_> = names.iter().map(first).collect();
    names.remove("");
    names
}

pub fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found)
        } else {
            found.push(path)
        }
    }
}

#[test]
fn nothing_is_imported_from_above() {
    let (root, floors) = (sources(), floors());
    let lib = fs::read_to_string(root.join("lib.rs")).unwrap();
    let passed_on = passed_on(&lib);
    let mut files = Vec::new();
    collect(&root, &mut files);
    let (mut arrows, mut wrong) = (0, Vec::new());
    for file in files {
        let path = file.strip_prefix(&root).unwrap();
        let inside = path.to_string_lossy().into_owned();
        let room = inside.split(['/', '.']).next().unwrap();
        if path.extension().is_none_or(|extension| extension != "rs") || room == "lib" {
            continue;
        }
        let floor = floors
            .get(room)
            .unwrap_or_else(|| panic!("{inside} is in no room"));
        for name in taken(&fs::read_to_string(&file).unwrap()) {
            let from = passed_on.get(&name).unwrap_or(&name);
            let Some(below) = floors.get(from) else {
                panic!("{inside} takes {name}, which is in no room");
            };
            arrows += 1;
            if from != room && below >= floor {
                wrong.push(format!("{inside} takes {name} from {from}"));
            }
        }
    }
    assert!(arrows > 300, "{arrows}: the imports were not found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The names that a source takes from a room: those after `crate::room::`.
fn taken_from(source: &str, room: &str) -> BTreeSet<String> {
    let inside = source.replace(&format!("crate::{room}::"), "\u{0}crate::");
    let uses = inside.split('\u{0}').skip(1);
    uses.flat_map(|rest| {
        let end = rest.find([';', ')', '<', '(']).unwrap_or(rest.len());
        taken(&rest[..end])
    })
    .collect()
}

/// Within a room, too, imports run one way.
#[test]
fn no_room_has_a_circle() {
    let root = sources();
    let passed_on = passed_on(&fs::read_to_string(root.join("lib.rs")).unwrap());
    for room in floors().into_keys() {
        let mut files = Vec::new();
        if root.join(&room).is_dir() {
            collect(&root.join(&room), &mut files);
        }
        let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in files {
            let inside = file.strip_prefix(root.join(&room)).unwrap();
            let module = inside
                .to_string_lossy()
                .split(['/', '.'])
                .next()
                .unwrap()
                .to_owned();
            let source = fs::read_to_string(&file).unwrap();
            let short = taken(&source);
            let short = short
                .iter()
                .filter(|name| passed_on.get(*name) == Some(&room));
            let mut others = taken_from(&source, &room);
            others.extend(short.cloned());
            others.remove(&module);
            if module != "mod" {
                arrows.entry(module).or_default().extend(others);
            }
        }
        let count: usize = arrows.values().map(BTreeSet::len).sum();
        assert!(
            room != "kernel" || count > 20,
            "{count}: the imports were not found"
        );
        peel(&mut arrows);
        assert!(arrows.is_empty(), "{room} has a circle among {arrows:#?}");
    }
}

/// The names after `super::` in a source, without its tests.
fn beside(source: &str) -> BTreeSet<String> {
    let own = source.split("#[cfg(test)]").next().unwrap();
    taken(&own.replace("crate::", "").replace("super::", "crate::"))
}

/// Whether a `mod.rs` names something of a file beside it.
fn takes(source: &str, file: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let path = format!("{file}::");
    let source = source.replace("self::", "");
    let mut places = source.match_indices(&path);
    places.any(|(place, _)| !source[..place].chars().next_back().is_some_and(is_name))
}

/// Takes away whoever takes nothing of the others, until nobody is left but circles.
fn peel<K: Ord + Clone + Borrow<str>>(arrows: &mut BTreeMap<K, BTreeSet<String>>) {
    while let Some(free) = arrows
        .iter()
        .find(|(_, others)| {
            others
                .iter()
                .all(|other| !arrows.contains_key(other.as_str()))
        })
        .map(|(module, _)| module.clone())
    {
        arrows.remove(free.borrow());
    }
}

/// Within a folder, too, files import one way: also from the folder's own `mod.rs`, which
/// uses each file that it names.
#[test]
fn no_folder_has_a_circle() {
    let mut files = Vec::new();
    collect(&sources(), &mut files);
    let folders = files.iter().filter(|file| file.ends_with("mod.rs"));
    let mut checked = 0;
    for folder in folders.map(|file| file.parent().unwrap()) {
        let mut of_folder: BTreeMap<String, String> = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let file = if path.is_dir() {
                path.join("mod.rs")
            } else {
                path
            };
            // A folder of a file beside it is that file's own.
            if !file.exists() {
                continue;
            }
            of_folder.insert(name, fs::read_to_string(&file).unwrap());
        }
        let mut arrows: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (name, source) in &of_folder {
            let names: BTreeSet<String> = if name == "mod" {
                let used = |other: &&String| takes(source, other);
                of_folder.keys().filter(used).cloned().collect()
            } else {
                // What is no file of the folder is something of its `mod.rs`.
                let file = |taken: String| {
                    let is_file = of_folder.contains_key(&taken);
                    if is_file { taken } else { "mod".to_owned() }
                };
                beside(source).into_iter().map(file).collect()
            };
            checked += names.len();
            arrows.insert(name, names);
        }
        peel(&mut arrows);
        assert!(
            arrows.is_empty(),
            "{folder:?} has a circle among {arrows:#?}"
        );
    }
    assert!(checked > 30, "{checked}: the imports were not found");
}

#[test]
fn imports_are_read_in_every_form() {
    let source = "use crate::deal::deals::{self, NewDeal};\n\
                  use crate::{limits, payout::{payouts, settlement}, reads};\n\
                  fn f() -> crate::ids::DealId {}";
    let expected = ["deal", "ids", "limits", "payout", "reads"].map(str::to_owned);
    assert_eq!(taken(source), BTreeSet::from(expected));
    let root = "pub mod base;\npub use base::{ids, money};\npub(crate) use base::limits;";
    let names: Vec<_> = passed_on(root).into_keys().collect();
    assert_eq!(names, ["ids", "limits", "money"]);
}
