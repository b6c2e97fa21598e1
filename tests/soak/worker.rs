//! Somebody who works deals at random, and knows what each command must come to.

use rand::RngExt;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::Failure;
use crate::client::Client;
use crate::model::{Deal, Role, State, usd};
use crate::office::{Office, text};

/// A worker and its own deals.
pub struct Worker {
    /// Tells it from others.
    pub number: u64,
    /// Its deals, as they must be.
    pub deals: Vec<Deal>,
    client: Client,
    program: String,
    partners: Vec<String>,
    random: StdRng,
    seed: u64,
    commands: u64,
    /// Commands that were acknowledged, to be repeated: verb, payload, input, id.
    done: Vec<(&'static str, &'static str, Value, Value)>,
}

impl Worker {
    /// One of an office.
    pub fn new(office: &Office, seed: u64, number: u64) -> Self {
        Self {
            number,
            deals: Vec::new(),
            client: office.owner.clone(),
            program: office.program.clone(),
            partners: office.partners.clone(),
            random: StdRng::seed_from_u64(seed ^ (number + 1) << 32),
            seed,
            commands: 0,
            done: Vec::new(),
        }
    }

    /// Gives so many random commands.
    ///
    /// # Errors
    /// Where one comes to something else than it must.
    pub async fn works(&mut self, commands: usize) -> Result<(), Failure> {
        for _ in 0..commands {
            let deal = match self.deals.len() {
                0 => None,
                deals => Some(self.random.random_range(0..deals)),
            };
            match (self.random.random_range(0..100), deal) {
                (0..20, _) | (_, None) => self.opens().await?,
                (20..40, Some(deal)) => self.involves(deal).await?,
                (40..52, Some(deal)) => self.ends(deal, State::Won).await?,
                (52..55, Some(deal)) => self.ends(deal, State::Lost).await?,
                (55..80, Some(deal)) => self.collects(deal).await?,
                (80..92, Some(deal)) => self.refunds(deal).await?,
                (_, Some(_)) => self.repeats().await?,
            }
        }
        Ok(())
    }

    fn key(&mut self) -> String {
        self.commands += 1;
        format!("{}-{}-{}", self.seed, self.number, self.commands)
    }

    async fn opens(&mut self) -> Result<(), Failure> {
        let key = self.key();
        let amount = i128::from(self.random.random_range(1..100_000_000_i64));
        let input = json!({
            "idempotencyKey": key, "programId": self.program,
            "account": { "name": format!("Customer {key}"), "domain": format!("c{key}.example") },
            "name": "A deal", "amount": usd(amount), "stage": "Qualified",
        });
        let deal = self.does("openDeal", "deal { id }", input).await?;
        self.deals.push(Deal {
            id: text(&deal["id"])?,
            amount,
            state: State::Open,
            parts: Vec::new(),
            collected: 0,
            collections: 0,
        });
        Ok(())
    }

    /// A partner's part, where the role is free.
    async fn involves(&mut self, deal: usize) -> Result<(), Failure> {
        let (role, kind) = match self.random.random_range(0..2) {
            0 => (Role::Sourced, "INTRODUCED"),
            _ => (Role::Influenced, "SHAPED_REQUIREMENTS"),
        };
        let Deal {
            id, state, parts, ..
        } = self.deals[deal].clone();
        let partner = self.partners[self.random.random_range(0..self.partners.len())].clone();
        let is_free = parts.iter().all(|part| part.0 != role && part.1 != partner);
        if state != State::Open || !is_free {
            return Ok(());
        }
        let input = json!({
            "idempotencyKey": self.key(), "dealId": id, "partnerId": partner,
            "role": role.name(), "kind": kind, "evidence": "minutes of the meeting",
        });
        let selection = "involvement { id }";
        let involvement = self.does("recordInvolvement", selection, input).await?;
        let input = json!({ "idempotencyKey": self.key(), "id": involvement["id"] });
        self.does("confirmInvolvement", selection, input).await?;
        self.deals[deal].parts.push((role, partner));
        Ok(())
    }

    async fn ends(&mut self, deal: usize, to: State) -> Result<(), Failure> {
        let Deal { id, state, .. } = self.deals[deal].clone();
        let (verb, input) = match to {
            State::Lost => ("closeDealLost", json!({ "id": id, "reason": "no budget" })),
            _ => (
                "closeDealWon",
                json!({ "id": id, "idempotencyKey": self.key() }),
            ),
        };
        let answer = self.client.gives(verb, "deal { state }", input).await?;
        let must = match (state, to) {
            // It has no key: giving it again is harmless.
            (State::Open, _) | (State::Lost, State::Lost) => Ok(to),
            (State::Won, _) => Err("ALREADY_WON"),
            (State::Lost, _) => Err("DEAL_LOST"),
        };
        match (must, answer.outcome) {
            (Ok(state), Ok(shown)) if shown["state"] == state.name() => {
                self.deals[deal].state = state;
            }
            (Err(must), Err(code)) if code == must => {}
            (must, outcome) => {
                return Err(format!("{verb} {id}: {outcome:?} and not {must:?}").into());
            }
        }
        Ok(())
    }

    async fn collects(&mut self, deal: usize) -> Result<(), Failure> {
        let Deal {
            id, amount, state, ..
        } = self.deals[deal].clone();
        // Sometimes more than the deal is worth.
        let part = i128::from(self.random.random_range(1..=60_i64));
        let paid = (amount * part / 100).max(1);
        let must = match state {
            State::Lost => Err("DEAL_LOST"),
            _ => Ok(()),
        };
        self.moves(
            deal,
            "recordCollection",
            json!({ "dealId": id }),
            paid,
            paid,
            must,
        )
        .await
    }

    async fn refunds(&mut self, deal: usize) -> Result<(), Failure> {
        let Deal { id, collected, .. } = self.deals[deal].clone();
        // Now and then a cent too much.
        let most = i64::try_from(collected)? + 1;
        let back = match self.random.random_range(0..4) {
            0 => most,
            _ => self.random.random_range(1..=most),
        };
        let must = if i128::from(back) <= collected {
            Ok(())
        } else {
            Err("REFUND_EXCEEDS_COLLECTED")
        };
        let back = i128::from(back);
        self.moves(
            deal,
            "recordRefund",
            json!({ "dealId": id }),
            back,
            -back,
            must,
        )
        .await
    }

    /// Money comes in or goes back.
    async fn moves(
        &mut self,
        deal: usize,
        verb: &'static str,
        mut input: Value,
        amount: i128,
        change: i128,
        must: Result<(), &str>,
    ) -> Result<(), Failure> {
        input["idempotencyKey"] = self.key().into();
        input["amount"] = usd(amount);
        let selection = "collection { id }";
        let answer = self.client.gives(verb, selection, input.clone()).await?;
        match (must, answer.outcome) {
            (Ok(()), Ok(collection)) => {
                self.deals[deal].collected += change;
                self.deals[deal].collections += 1;
                self.done
                    .push((verb, selection, input, collection["id"].clone()));
                Ok(())
            }
            (Err(must), Err(code)) if code == must => Ok(()),
            (must, outcome) => Err(format!("{verb} {input}: {outcome:?} and not {must:?}").into()),
        }
    }

    /// An acknowledged command once more, or its key with other arguments.
    async fn repeats(&mut self) -> Result<(), Failure> {
        if self.done.is_empty() {
            return Ok(());
        }
        let at = self.random.random_range(0..self.done.len());
        let (verb, selection, mut input, id) = self.done[at].clone();
        let is_same = input["amount"].is_null() || self.random.random_range(0..2) == 0;
        if !is_same {
            input["amount"] = usd(1_000_000_001);
        }
        let answer = self.client.gives(verb, selection, input).await?;
        match (is_same, answer.outcome) {
            (true, Ok(shown)) if shown["id"] == id => Ok(()),
            (false, Err(code)) if code == "IDEMPOTENCY_MISMATCH" => Ok(()),
            (_, outcome) => Err(format!("{verb} of {id} repeated: {outcome:?}").into()),
        }
    }

    async fn does(
        &mut self,
        verb: &'static str,
        selection: &'static str,
        input: Value,
    ) -> Result<Value, Failure> {
        let object = self.client.does(verb, selection, input.clone()).await?;
        self.done
            .push((verb, selection, input, object["id"].clone()));
        Ok(object)
    }
}
