//! A page of fifty deals.

use sea_orm::sqlx::{self, Row};
use serde_json::{Value, json};

use crate::support::acme::{Acme, text};
use crate::{Peer, ROUNDS, rate, tell};

/// Deals on the page, and in the tenant.
const DEALS: usize = 50;

/// Those who ask at once.
const CLIENTS: usize = 8;

const PAGE: &str = "{ deals(first: 50) { nodes {
    id name stage amount { amount currency } account { id name } program { id name }
    involvements(first: 5) { nodes { id kind partner { id name } } }
    commissions(first: 5) { nodes { id role partner { id name } } }
} pageInfo { hasNextPage endCursor } } }";

/// The same rows. Ids and amounts stay as they are stored.
const STATEMENT: &str = "
    SELECT json_agg(page)::text FROM (
        SELECT d.id, d.name, d.stage, d.amount_minor, d.currency,
            json_build_object('id', a.id, 'name', a.name) AS account,
            json_build_object('id', p.id, 'name', p.name) AS program,
            i.nodes AS involvements, c.nodes AS commissions
        FROM deal d
        JOIN account a ON a.tenant_id = d.tenant_id AND a.id = d.account_id
        JOIN program p ON p.tenant_id = d.tenant_id AND p.id = d.program_id
        LEFT JOIN LATERAL (SELECT json_agg(json_build_object('id', x.id, 'kind', x.kind,
                'partner', json_build_object('id', x.partner_id, 'name', x.partner_name))) AS nodes
            FROM (SELECT i.id, i.kind, i.partner_id, r.name AS partner_name FROM involvement i
                JOIN partner r ON r.tenant_id = i.tenant_id AND r.id = i.partner_id
                WHERE i.tenant_id = d.tenant_id AND i.deal_id = d.id
                ORDER BY i.id LIMIT 6) x) i ON true
        LEFT JOIN LATERAL (SELECT json_agg(json_build_object('id', x.id, 'role', x.role,
                'partner', json_build_object('id', x.partner_id, 'name', x.partner_name))) AS nodes
            FROM (SELECT c.id, c.role, c.partner_id, r.name AS partner_name FROM commission c
                JOIN partner r ON r.tenant_id = c.tenant_id AND r.id = c.partner_id
                WHERE c.tenant_id = d.tenant_id AND c.deal_id = d.id
                ORDER BY c.id LIMIT 6) x) c ON true
        WHERE d.tenant_id = $1
        ORDER BY d.opened_position LIMIT 51
    ) page";

/// Fifty deals of three partners, half of them won.
pub async fn fill(acme: &Acme) {
    let partners = [
        acme.partner("Northwind").await,
        acme.partner("Southridge").await,
        acme.partner("Eastbay").await,
    ];
    for number in 0..DEALS {
        let deal = acme
            .deal(&partners[number % partners.len()], "1000.00")
            .await;
        if number % 2 == 0 {
            acme.wins(&deal).await;
        }
    }
}

/// Measures both in turns.
pub async fn compare(acme: &Acme, peer: &Peer) {
    let page = acme.owner.asks(PAGE, json!({})).await;
    let ours = names(&page["deals"]["nodes"]);
    let theirs = names(&serde_json::from_str(&statement(acme, peer).await).unwrap());
    assert_eq!(ours.len(), DEALS);
    assert_eq!(ours, theirs);

    let (mut server, mut statements) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let ask = async || {
            let page = acme.owner.asks(PAGE, json!({})).await;
            assert_eq!(page["deals"]["nodes"].as_array().unwrap().len(), DEALS);
        };
        server.push(rate(CLIENTS, ask).await);
        let ask = async || {
            let page: Value = serde_json::from_str(&statement(acme, peer).await).unwrap();
            assert_eq!(page.as_array().unwrap().len(), DEALS);
        };
        statements.push(rate(CLIENTS, ask).await);
    }
    tell(
        "a page of 50 deals, 8 clients, beside one statement",
        server,
        statements,
    );
}

/// What of a page both tell in the same words: each deal with who is involved and who earns.
fn names(deals: &Value) -> Vec<Value> {
    let list = |of: &Value| {
        let nodes = of.get("nodes").unwrap_or(of).as_array().cloned();
        let nodes = nodes.unwrap_or_default().into_iter();
        nodes
            .map(|node| node["partner"]["name"].clone())
            .collect::<Vec<_>>()
    };
    let deals = deals.as_array().unwrap().iter();
    deals
        .map(|deal| {
            json!([
                deal["name"],
                deal["stage"],
                text(&deal["account"]["name"]),
                text(&deal["program"]["name"]),
                list(&deal["involvements"]),
                list(&deal["commissions"]),
            ])
        })
        .collect()
}

/// The look-up of the key, and the statement, in a transaction that names the tenant.
async fn statement(acme: &Acme, peer: &Peer) -> String {
    let tenant = acme.tenant.0;
    let mut db = peer.begin().await.unwrap();
    let key = "SELECT * FROM api_key k JOIN tenant t ON t.id = k.tenant_id
        WHERE k.tenant_id = $1 ORDER BY k.id LIMIT 1";
    sqlx::query(key)
        .bind(tenant)
        .fetch_one(&mut *db)
        .await
        .unwrap();
    let pin = format!("SET LOCAL tributary.tenant = '{tenant}'");
    sqlx::query(sqlx::AssertSqlSafe(pin))
        .execute(&mut *db)
        .await
        .unwrap();
    let row = sqlx::query(STATEMENT)
        .bind(tenant)
        .fetch_one(&mut *db)
        .await
        .unwrap();
    db.commit().await.unwrap();
    row.get(0)
}
