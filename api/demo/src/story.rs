//! Who takes part in the story, and what every chapter of it does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::follow::{Event, Follower};
use super::print::Teller;
use super::{Key, OWNER};
use tributary_client::{Client, Result, list, text};

/// Holds the finance key: records collections and proposes runs.
pub const FINANCE: &str = "Finn";

/// A partner and its own people.
pub struct Partner {
    pub id: String,
    pub name: &'static str,
    pub person: &'static str,
    pub client: Client,
}

/// A story that is being told.
pub struct Story<'a> {
    pub teller: &'a mut Teller,
    pub owner: Client,
    pub finance: Client,
    pub program: String,
    pub northwind: Partner,
    pub southridge: Partner,
    pub eastbay: Partner,
    /// Northwind's registration on Globex, once there is one.
    pub registration: String,
    /// The deal with Globex, once there is one.
    pub globex: Option<Follower>,
    /// Earnings that were told.
    pub told: BTreeSet<String>,
}

/// Dollars, as they are sent.
pub fn usd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// Moves the test clock.
pub async fn set_clock(owner: &Client, to: &str) -> Result<()> {
    let input = json!({ "to": to });
    owner
        .mutate("advanceTestClock", input, "tenant { id }")
        .await?;
    Ok(())
}

impl Story<'_> {
    /// Moves the test clock to nine in the morning of a day, and begins a chapter.
    pub async fn day(&mut self, date: &str, shown: &str, title: &str) -> Result<()> {
        set_clock(&self.owner, &format!("{date}T09:00:00Z")).await?;
        self.teller.heading(shown, title);
        Ok(())
    }

    /// The deal with Globex, as it is followed.
    pub fn globex(&mut self) -> Result<&mut Follower> {
        self.globex
            .as_mut()
            .ok_or_else(|| "there is no deal with Globex yet".into())
    }

    /// The customer pays, all of it on the day; tells what is earned by it.
    pub async fn collect(&mut self, key: &str, deal: &str, amount: &str) -> Result<()> {
        let input = json!({ "idempotencyKey": key, "dealId": deal, "amount": usd(amount) });
        self.finance
            .mutate("recordCollection", input, "collection { id }")
            .await?;
        self.tell_earnings("earns").await
    }

    /// Tells the earnings that are new.
    pub async fn tell_earnings(&mut self, what: &str) -> Result<()> {
        let document = "{ earnings(first: 100) { nodes {
            id amount { amount } deal { name } partner { name } } } }";
        let answer = self.finance.query(document, json!({})).await?;
        let mut lines = Vec::new();
        for earning in list(&answer, "/earnings/nodes")? {
            if self.told.insert(text(earning, "/id")?.to_owned()) {
                let partner = text(earning, "/partner/name")?;
                let deal = text(earning, "/deal/name")?;
                lines.push((partner, deal, text(earning, "/amount/amount")?));
            }
        }
        lines.sort_by_key(|(partner, ..)| std::cmp::Reverse(*partner));
        for (partner, deal, amount) in lines {
            self.teller
                .figure(partner, &format!("{what} on {deal}"), amount);
        }
        Ok(())
    }

    /// Every event of the deal with Globex that the subscription gave, once
    /// there are as many as in the log.
    pub async fn followed(&mut self) -> Result<Vec<Event>> {
        let owner = self.owner.clone();
        let globex = self.globex()?;
        let logged = super::outcome::logged(&owner, &globex.deal).await?;
        globex.until(logged.len()).await?;
        Ok(globex.seen.clone())
    }

    /// The keys of those who take part.
    pub fn keys(&self) -> Vec<Key> {
        let key = |holder: String, client: &Client| Key {
            holder,
            token: client.token.clone(),
        };
        let mut keys = vec![
            key(format!("{OWNER}, owner"), &self.owner),
            key(format!("{FINANCE}, finance"), &self.finance),
        ];
        for partner in [&self.northwind, &self.southridge, &self.eastbay] {
            keys.push(key(
                format!("{}, {}", partner.person, partner.name),
                &partner.client,
            ));
        }
        keys
    }
}
