//! One event, told to many in the same words: what is selected of it is executed and
//! written once for all subscriptions that select the same for the same audience.

use std::any::TypeId;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_graphql::Data;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Selection};
use moka::future::Cache;
use serde_json::value::RawValue;

use super::document::price::Price;

/// The most memory for texts that are shared, in bytes.
const MAX_SHARED_BYTES: u64 = 32 * 1024 * 1024;
/// How long a text is told: whoever comes later reads what is there then.
const SHARED_FOR: Duration = Duration::from_secs(10);

/// For whom an answer is made: equal audiences are told the same of the same thing. The
/// gateway's `authenticate` puts it beside a request; without it nothing is shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Audience(pub Arc<str>);

/// What a subscription selects of each event, as text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Selected(Arc<str>);

impl Selected {
    /// Of a subscription. The arguments of its root field say which events there are, and
    /// not what is told of one.
    pub(crate) fn of(document: &ExecutableDocument) -> Option<Self> {
        let DocumentOperations::Single(operation) = &document.operations else {
            let mut operations = document.operations.iter();
            let (_, operation) = operations.next()?;
            return Self::at_root(&operation.node.selection_set.node.items);
        };
        Self::at_root(&operation.node.selection_set.node.items)
    }

    fn at_root(items: &[async_graphql::Positioned<Selection>]) -> Option<Self> {
        let [root] = items else { return None };
        let Selection::Field(field) = &root.node else {
            return None;
        };
        let field = &field.node;
        let (alias, name) = (field.alias.as_ref(), &field.name.node);
        let alias = alias.map(|alias| &alias.node);
        let text = format!("{alias:?} {name} {:?}", field.selection_set.node.items);
        Some(Self(text.into()))
    }
}

/// Goes with a subscription: its stream says which event comes next, and what is told of
/// it is left here for whoever sends it.
#[derive(Clone, Debug, Default)]
pub struct Telling(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    event: Option<u128>,
    text: Option<Arc<RawValue>>,
}

impl Telling {
    /// Which event the stream gives next, by a number that no other event has.
    pub fn tell(&self, event: u128) {
        self.with(|told| told.event = Some(event));
    }

    /// What is told of the event that was given last, where it is shared.
    pub(crate) fn take(&self) -> Option<Arc<RawValue>> {
        self.with(|told| told.text.take())
    }

    pub(crate) fn leave(&self, text: Arc<RawValue>) {
        self.with(|told| told.text = Some(text));
    }

    fn event(&self) -> Option<u128> {
        self.with(|told| told.event.take())
    }

    fn with<T>(&self, change: impl FnOnce(&mut Told) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What is told the same: this selection of this event, to this audience.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Same {
    event: u128,
    selected: Selected,
    audience: Audience,
    cost: usize,
}

impl Same {
    /// Of the event that a subscription is about to tell.
    pub(crate) fn of(data: &Data) -> Option<(Self, Telling)> {
        let telling = found::<Telling>(data)?;
        let same = Self {
            event: telling.event()?,
            selected: found(data)?,
            audience: found(data)?,
            cost: found::<Price>(data)?.cost,
        };
        Some((same, telling))
    }
}

/// What goes with a request, of this type.
fn found<T: Clone + 'static>(data: &Data) -> Option<T> {
    data.get(&TypeId::of::<T>())?.downcast_ref::<T>().cloned()
}

/// Texts of events, for a while.
#[derive(Clone)]
pub(crate) struct SharedTexts(Cache<Same, Arc<RawValue>>);

impl Default for SharedTexts {
    fn default() -> Self {
        let bytes = |same: &Same, text: &Arc<RawValue>| {
            let bytes = same.selected.0.len() + text.get().len();
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
    /// for the asker alone.
    pub(crate) async fn get(
        &self,
        same: Same,
        make: impl Future<Output = Option<Arc<RawValue>>>,
    ) -> Option<Arc<RawValue>> {
        self.0.optionally_get_with(same, make).await
    }
}
