//! Who may give which command, ask which question, and see which noun: all of
//! the schema, as every role.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use reqwest::StatusCode;
use sea_orm::Iterable;
use serde_json::{Value, json};
use tributary_domain::access::Role;

use crate::support::acme::Acme;
use crate::support::client::Client;
use crate::support::contract::{self, assert_committed, list, name};
use crate::support::follower::{Socket, Told};
use crate::support::whole::{self, Ids};
use crate::support::world::World;
use crate::tenant::tenancy;

const HEADING: &str = "Who may give which command, ask which question and see which noun at all: of
one tenant, and a partner's people of their own. `cargo test` keeps this file
true.
";

/// One line of the file: what is tried, and which roles may.
type Rows = BTreeMap<String, Vec<bool>>;

/// Every command of the schema, about things with these ids where it is about
/// any. Where more than one permission is needed, what it takes is named too.
pub fn commands(theirs: &Ids, own: &Ids) -> Vec<(String, Value)> {
    let tried = tenancy::commands(theirs, own);
    let mut all: Vec<_> = tried
        .into_iter()
        .map(|(verb, input)| (verb.to_owned(), input))
        .collect();
    let opening = all.iter().find(|(verb, _)| verb == "openDeal").unwrap();
    let mut passing = opening.1.clone();
    passing["reason"] = json!("mine");
    all.push((
        "openDeal beside a registration, with a reason".to_owned(),
        passing,
    ));
    for (verb, input) in [
        ("advanceTestClock", json!({ "to": "2026-12-01T09:00:00Z" })),
        (
            "createProgram",
            json!({
                "idempotencyKey": "s", "name": "S", "model": "REFERRAL", "currency": "USD",
            }),
        ),
        ("stagePluginUpload", Value::Null),
    ] {
        all.push((verb.to_owned(), input));
    }
    all
}

/// The name of a command in the schema.
fn verb(command: &str) -> &str {
    command.split(' ').next().unwrap()
}

/// Whether a command is forbidden, whatever else may come of it.
pub async fn is_forbidden(client: &Client, command: &str, input: &Value) -> bool {
    let verb = verb(command);
    let kind = verb[..1].to_uppercase() + &verb[1..];
    let document = match input {
        Value::Null => format!("mutation {{ {verb} {{ userErrors {{ code }} }} }}"),
        _ => format!(
            "mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ userErrors {{ code }} }} }}"
        ),
    };
    !may(&client.post(&document, json!({ "input": input })).await)
}

/// Whether an answer is one; the only error that it may have is the lack of
/// permission.
#[track_caller]
fn may(answer: &Value) -> bool {
    let error = &answer["errors"][0];
    if error.is_null() {
        return true;
    }
    assert_eq!(error["extensions"]["code"], "FORBIDDEN", "{answer:#}");
    false
}

/// Somebody of each role. The partner's is the one that everything happened to.
async fn people(acme: &Acme, own: &Ids) -> Vec<Client> {
    let mut people = Vec::new();
    for role in Role::iter() {
        let mut input = json!({ "person": "P", "role": format!("{role:?}").to_uppercase() });
        if role == Role::Partner {
            input["partnerId"] = json!(own["prt"]);
        }
        people.push(acme.key_holder(input).await);
    }
    people
}

/// An id of the same kind that nothing has.
fn nobodys(id: &str) -> String {
    let (start, end) = id.split_at(id.len() - 1);
    format!("{start}{}", if end == "0" { "1" } else { "0" })
}

async fn commanded(people: &[Client], own: &Ids) -> Rows {
    let nothing = own
        .iter()
        .map(|(prefix, id)| (prefix.clone(), nobodys(id)))
        .collect();
    let mut rows = Rows::new();
    for (command, input) in commands(&nothing, own) {
        let mut row = Vec::new();
        for person in people {
            row.push(!is_forbidden(person, &command, &input).await);
        }
        let before = rows.insert(command.clone(), row.clone());
        assert!(
            before.is_none_or(|before| before == row),
            "{command} {input}"
        );
    }
    let schema = contract::introspect().await;
    let all = list(&schema["mutationType"]["fields"]).iter().map(name);
    let tried: BTreeSet<&str> = rows.keys().map(|command| verb(command)).collect();
    assert_eq!(tried, all.collect());
    rows
}

/// The arguments that a question needs.
fn needed(field: &str) -> &'static str {
    match field {
        "search" => "(query: \"a\")",
        "byExternalId" => "(noun: DEAL, externalId: \"a\")",
        "command" => "(idempotencyKey: \"a\")",
        "pipeline" => "(groupBy: STAGE)",
        _ => "",
    }
}

async fn asked(people: &[Client], own: &Ids) -> Rows {
    let schema = contract::introspect().await;
    let query = contract::own_types(&schema)
        .find(|of| name(of) == "Query")
        .unwrap();
    let mut rows = Rows::new();
    // What an id stands for has rows of its own.
    for field in list(&query["fields"])
        .iter()
        .map(name)
        .filter(|field| !field.starts_with("node"))
    {
        let row = rows.entry(field.to_owned()).or_default();
        for person in people {
            row.push(may(&person
                .post(
                    &format!("{{ {field}{} {{ __typename }} }}", needed(field)),
                    json!({}),
                )
                .await));
        }
    }
    let mut row = Vec::new();
    for person in people {
        let mut socket = Socket::follow(person, None, Some(&json!("0"))).await;
        row.push(match socket.next().await {
            Told::Event(_) => true,
            Told::Error(code) if code == "FORBIDDEN" => false,
            other => panic!("{other:?}"),
        });
    }
    rows.insert("dealStatusChanged of all deals".to_owned(), row);
    let mut row = Vec::new();
    for person in people {
        let upload = format!("{}/uploads/{}", person.url, nobodys(&own["upl"]));
        row.push(match person.puts(&upload, vec![0]).await {
            StatusCode::NOT_FOUND => true,
            StatusCode::FORBIDDEN => false,
            other => panic!("{other}"),
        });
    }
    rows.insert("PUT of an upload".to_owned(), row);
    rows
}

async fn seen(people: &[Client], own: &Ids) -> Rows {
    let mut rows = Rows::new();
    for kind in tenancy::node_types().await {
        rows.insert(kind, vec![false; people.len()]);
    }
    let ids: Vec<&String> = own.values().collect();
    for (number, person) in people.iter().enumerate() {
        let document = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }";
        let answer = person.asks(document, json!({ "ids": ids })).await;
        for node in list(&answer["nodes"]).iter().filter(|node| !node.is_null()) {
            rows.get_mut(node["__typename"].as_str().unwrap()).unwrap()[number] = true;
        }
    }
    rows
}

fn section(text: &mut String, title: &str, rows: Rows) {
    let mut line = |first: &str, cells: Vec<String>| {
        let mut row = format!("{first:<32}");
        for cell in cells {
            write!(row, "{cell:<12}").unwrap();
        }
        writeln!(text, "{}", row.trim_end()).unwrap();
    };
    line("", Vec::new());
    line(
        title,
        Role::iter().map(|role| format!("{role:?}")).collect(),
    );
    for (tried, row) in rows {
        let mark = |may: bool| if may { "yes" } else { "-" }.to_owned();
        line(&tried, row.into_iter().map(mark).collect());
    }
}

const IN_WORDS: &str = "# Roles

Which commands the holder of a key with each role may give over GraphQL, beside reading
what the role sees. A key with role PARTNER acts for one partner and sees what concerns it.
`cargo test` keeps this file true.

";

/// What each role may do, by the first sentence of each command's description.
async fn in_words(commands: &Rows) -> String {
    let schema = contract::introspect().await;
    let fields = list(&schema["mutationType"]["fields"]);
    let sentence = |verb: &str| {
        let field = fields.iter().find(|field| name(field) == verb).unwrap();
        let words = field["description"].as_str().unwrap().replace('\n', " ");
        let first = words.split_inclusive(". ").next().unwrap();
        first.trim_end().to_owned()
    };
    let mut text = IN_WORDS.to_owned();
    let roles: Vec<String> = Role::iter()
        .map(|role| format!("{role:?}").to_uppercase())
        .collect();
    writeln!(text, "| Command | {} | |", roles.join(" | ")).unwrap();
    writeln!(text, "|---|{}---|", "---|".repeat(roles.len())).unwrap();
    for (command, allowed) in commands {
        let (verb, addition) = command.split_once(' ').unwrap_or((command, ""));
        let marks = allowed.iter().map(|&may| if may { "yes" } else { "" });
        let marks: Vec<&str> = marks.collect();
        let told = match addition {
            "" => sentence(verb),
            addition => format!("The same {addition}."),
        };
        writeln!(text, "| `{verb}` | {} | {told} |", marks.join(" | ")).unwrap();
    }
    text
}

/// A command says which roles may give it: those that may, and no other.
async fn say_who_may(commands: &Rows) {
    let schema = contract::introspect().await;
    for field in list(&schema["mutationType"]["fields"]) {
        let told = field["description"].as_str().unwrap();
        let (_, needs) = told.rsplit_once("Needs ").unwrap();
        let named = |role: Role| {
            let role = format!("{role:?}").to_uppercase();
            needs
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == role)
        };
        let named: Vec<bool> = Role::iter().map(named).collect();
        assert_eq!(&named, &commands[name(field)], "{}: {needs}", name(field));
    }
}

story! {
    /// What each role may is a file that people read and that changes under
    /// review alone. A new command, question or noun is not in it yet.
    async fn the_committed_access_by_verb_is_the_one_in_force(world: World) {
        let acme = Acme::new(&world).await;
        let own = whole::everything(&acme).await;
        let people = people(&acme, &own).await;
        let mut text = HEADING.to_owned();
        let commands = commanded(&people, &own).await;
        assert_committed("api/roles.md", &in_words(&commands).await);
        say_who_may(&commands).await;
        section(&mut text, "COMMANDS", commands);
        section(&mut text, "QUESTIONS", asked(&people, &own).await);
        section(&mut text, "NOUNS, BY ID", seen(&people, &own).await);
        assert_committed("tests/it/api/verbs.txt", &text);
    }
}
