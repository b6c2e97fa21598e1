//! One event, told to many in the same words: what is selected of it is executed and
//! written once for all subscriptions that select the same for the same audience.

use std::fmt::Write;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_graphql::parser::types::{ExecutableDocument, Selection};
use async_graphql::{Data, Positioned};
use moka::future::Cache;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::beside;
use super::document::price::Price;

/// The most memory for texts that are shared, in bytes.
const MAX_SHARED_BYTES: u64 = 32 * 1024 * 1024;
/// How long a text is told: whoever comes later reads what is there then.
const SHARED_FOR: Duration = Duration::from_secs(10);

/// How long others are waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// For whom an answer is made: equal audiences are told the same of the same thing. The
/// gateway's `authenticate` puts it beside a request; without it nothing is shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Audience(pub Arc<str>);

/// What a subscription selects of each event: SHA-256 of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Selected([u8; 32]);

impl Selected {
    /// Of a subscription. The arguments of its root field say which events there are, and
    /// not what is told of one.
    pub(crate) fn of(document: &ExecutableDocument) -> Option<Self> {
        let (_, operation) = document.operations.iter().next()?;
        let [root] = &*operation.node.selection_set.node.items else {
            return None;
        };
        let Selection::Field(root) = &root.node else {
            return None;
        };
        let (key, name) = (&root.node.response_key().node, &root.node.name.node);
        let mut text = format!("{key}:{name}");
        write_selected(&mut text, &root.node.selection_set.node.items);
        Some(Self(Sha256::digest(text).into()))
    }
}

/// Writes a selection with its arguments, the same however it was laid out.
fn write_selected(text: &mut String, items: &[Positioned<Selection>]) {
    text.push('{');
    for item in items {
        match &item.node {
            Selection::Field(field) => {
                let field = &field.node;
                let alias = &field.response_key().node;
                let _ = write!(text, "{alias}:{}(", field.name.node);
                for (name, value) in &field.arguments {
                    let _ = write!(text, "{}:{},", name.node, value.node);
                }
                text.push(')');
                if !field.selection_set.node.items.is_empty() {
                    write_selected(text, &field.selection_set.node.items);
                }
                text.push(' ');
            }
            Selection::InlineFragment(fragment) => {
                let on = fragment.node.type_condition.as_ref();
                let on = on.map_or("", |on| on.node.on.node.as_str());
                let _ = write!(text, "...{on}");
                write_selected(text, &fragment.node.selection_set.node.items);
            }
            // The document that is run has none: they were put in place.
            Selection::FragmentSpread(spread) => {
                let _ = write!(text, "...{} ", spread.node.fragment_name.node);
            }
        }
    }
    text.push('}');
}

/// Goes with a subscription: its stream says which event comes next, and what is told of
/// it is left here for whoever sends it.
#[derive(Clone, Debug, Default)]
pub struct Telling(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    /// The event, and the end of the log as it is told.
    event: Option<(u128, i64)>,
    text: Option<Arc<RawValue>>,
}

impl Telling {
    /// Which event the stream gives next, by a number that no other event has, and as of
    /// which state of the log: whoever sees another is told what is there then.
    pub fn tell(&self, event: u128, as_of: i64) {
        self.with(|told| told.event = Some((event, as_of)));
    }

    /// What is told of the event that was given last, where it is shared.
    pub(crate) fn take(&self) -> Option<Arc<RawValue>> {
        self.with(|told| told.text.take())
    }

    pub(crate) fn leave(&self, text: Arc<RawValue>) {
        self.with(|told| told.text = Some(text));
    }

    fn event(&self) -> Option<(u128, i64)> {
        self.with(|told| told.event.take())
    }

    fn with<T>(&self, change: impl FnOnce(&mut Told) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What is told the same: this selection of this event, to this audience.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Same {
    event: (u128, i64),
    selected: Selected,
    audience: Audience,
    cost: usize,
}

impl Same {
    /// Of the event that a subscription is about to tell.
    pub(crate) fn of(data: &Data) -> Option<(Self, Telling)> {
        let telling = beside::<Telling>(data)?.clone();
        let same = Self {
            event: telling.event()?,
            selected: beside::<Selected>(data)?.clone(),
            audience: beside::<Audience>(data)?.clone(),
            cost: beside::<Price>(data)?.cost,
        };
        Some((same, telling))
    }
}

/// Texts of events, for a while.
#[derive(Clone)]
pub(crate) struct SharedTexts(Cache<Same, Arc<RawValue>>);

impl Default for SharedTexts {
    fn default() -> Self {
        let bytes = |same: &Same, text: &Arc<RawValue>| {
            let bytes = same.audience.0.len() + text.get().len();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let texts = Cache::builder()
            .weigher(bytes)
            .max_capacity(MAX_SHARED_BYTES)
            .time_to_live(SHARED_FOR)
            .build();
        Self(texts)
    }
}

impl SharedTexts {
    /// The text, made once for all who ask for it meanwhile; `None` where what was made is
    /// for the asker alone, or somebody else takes too long to make it.
    pub(crate) async fn get(
        &self,
        same: Same,
        make: impl Future<Output = Option<Arc<RawValue>>>,
    ) -> Option<Arc<RawValue>> {
        let is_making = AtomicBool::new(false);
        let made = async {
            is_making.store(true, Ordering::Relaxed);
            make.await
        };
        let mut text = pin!(self.0.optionally_get_with(same, made));
        match timeout(LONGEST_WAIT, &mut text).await {
            Ok(text) => text,
            Err(_) if is_making.load(Ordering::Relaxed) => text.await,
            Err(_) => None,
        }
    }
}
