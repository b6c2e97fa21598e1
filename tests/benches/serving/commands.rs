//! Registering deals of new customers.

use std::sync::atomic::{AtomicI64, Ordering};

use sea_orm::sqlx::{self, PgConnection, Row};
use serde_json::Value;
use uuid::Uuid;

use crate::support::acme::{Acme, Partner};
use crate::{Peer, ROUNDS, rate, tell};

/// The tables that a registration adds rows to, and what of a row is its own: it differs
/// from that of any other.
const TABLES: &[&str] = &[
    "account",
    "account_identifier",
    "registration",
    "event",
    "search_term",
    "command",
];

/// Measures both in turns, with one client and with eight.
pub async fn compare(acme: &Acme, peer: &Peer) {
    let partner = acme.partner("Westhill").await;
    let written = Written::of(acme, peer, &partner).await;
    for clients in [1, 8] {
        let (mut server, mut rows) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            server.push(rate(clients, async || register(acme, &partner).await).await);
            rows.push(rate(clients, async || written.again(acme, peer).await).await);
        }
        let what =
            format!("registerDeal, one tenant, {clients} at once, beside its rows with the lock");
        tell(&what, server, rows);
    }
}

async fn register(acme: &Acme, partner: &Partner) {
    let name = Uuid::new_v4().to_string();
    let input = acme.registration(partner, &name, &format!("{name}.example"));
    let made = acme
        .owner
        .does("registerDeal", "registration { state }", input)
        .await;
    assert_eq!(made["state"], "APPROVED");
}

/// The rows of one registration, as JSON by table.
struct Written {
    rows: Vec<(&'static str, String)>,
    /// What differs in each repetition.
    own: Vec<String>,
    name: String,
    position: i64,
    facts: i64,
    next: AtomicI64,
}

impl Written {
    async fn of(acme: &Acme, peer: &Peer, partner: &Partner) -> Self {
        let mut db = peer.acquire().await.unwrap();
        pin(&mut db, acme).await;
        let before = last_position(&mut db, acme).await;
        let name = Uuid::new_v4().to_string();
        let mut input = acme.registration(partner, &name, &format!("{name}.example"));
        input["idempotencyKey"] = Value::from(name.clone());
        acme.owner
            .does("registerDeal", "registration { id }", input)
            .await;
        let after = last_position(&mut db, acme).await;
        let account: Uuid = id(&mut db, "account", "name", &name).await;
        let registration: Uuid = id(&mut db, "registration", "submitted_name", &name).await;
        let mut rows = Vec::new();
        let mut own = vec![account.to_string(), registration.to_string()];
        for table in TABLES {
            let which = match *table {
                "account" => format!("id = '{account}'"),
                "account_identifier" => format!("account_id = '{account}'"),
                "registration" => format!("id = '{registration}'"),
                "event" => format!("position > {before}"),
                "search_term" => format!("subject IN ('{account}', '{registration}')"),
                _ => format!("key LIKE '%{name}'"),
            };
            let sql = format!("SELECT json_agg(t)::text FROM {table} t WHERE {which}");
            let row = sqlx::query(sqlx::AssertSqlSafe(sql))
                .fetch_one(&mut *db)
                .await;
            let text: String = row.unwrap().get(0);
            if *table == "event" {
                let events: Vec<Value> = serde_json::from_str(&text).unwrap();
                own.extend(
                    events
                        .iter()
                        .map(|event| event["id"].as_str().unwrap().to_owned()),
                );
            }
            rows.push((*table, text));
        }
        Self {
            rows,
            own,
            name,
            position: before,
            facts: after - before,
            next: AtomicI64::new(1_000_000_000),
        }
    }

    /// Writes rows like them, under the lock of the tenant.
    async fn again(&self, acme: &Acme, peer: &Peer) {
        let mut db = peer.begin().await.unwrap();
        pin(&mut db, acme).await;
        sqlx::query("SELECT * FROM tenant WHERE id = $1 FOR UPDATE")
            .bind(acme.tenant.0)
            .fetch_one(&mut *db)
            .await
            .unwrap();
        let first = self.next.fetch_add(self.facts, Ordering::Relaxed);
        let name = Uuid::new_v4().to_string();
        let fresh: Vec<String> = self
            .own
            .iter()
            .map(|_| Uuid::new_v4().to_string())
            .collect();
        for (table, rows) in &self.rows {
            let mut rows = rows.replace(&self.name, &name);
            for (own, fresh) in self.own.iter().zip(&fresh) {
                rows = rows.replace(own, fresh);
            }
            for fact in 1..=self.facts {
                for end in [',', '}'] {
                    let position = format!("position\":{}{end}", self.position + fact);
                    let fresh = format!("position\":{}{end}", first + fact);
                    rows = rows.replace(&position, &fresh);
                }
            }
            let sql = format!(
                "INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, $1::json)"
            );
            let insert = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(rows);
            insert.execute(&mut *db).await.unwrap();
        }
        sqlx::query("UPDATE tenant SET last_at = last_at WHERE id = $1")
            .bind(acme.tenant.0)
            .execute(&mut *db)
            .await
            .unwrap();
        db.commit().await.unwrap();
    }
}

async fn pin(db: &mut PgConnection, acme: &Acme) {
    // For the transaction where there is one, and for the connection otherwise.
    let sql = format!("SET tributary.tenant = '{}'", acme.tenant.0);
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .execute(db)
        .await
        .unwrap();
}

async fn last_position(db: &mut PgConnection, acme: &Acme) -> i64 {
    let query = sqlx::query("SELECT last_position FROM tenant WHERE id = $1").bind(acme.tenant.0);
    query.fetch_one(db).await.unwrap().get(0)
}

async fn id(db: &mut PgConnection, table: &str, column: &str, value: &str) -> Uuid {
    let sql = format!("SELECT id FROM {table} WHERE {column} = $1");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(value.to_owned());
    query.fetch_one(db).await.unwrap().get(0)
}
