//! The payments of a run that people make by hand, for a spreadsheet.

use async_graphql::{ID, InputObject, SimpleObject};
use tributary_domain::error::{Error, Result};
use tributary_domain::ids::Noun;
use tributary_domain::payout::exports::{self, Export};
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::cost;

use crate::context::given;
use crate::error::commands;

/// A payout run to export.
#[derive(InputObject)]
pub struct ExportPayoutRunInput {
    /// The run.
    id: ID,
    /// The last payout of the previous page.
    after: Option<ID>,
}

impl ExportPayoutRunInput {
    async fn run(self, scope: &Scope) -> Result<PayoutExport> {
        let run = given(Noun::PayoutRun, "id", &self.id);
        let after = self.after.map(|id| given(Noun::Payout, "after", &id));
        PayoutExport::new(&exports::export(scope, run, after).await?)
    }
}

/// Payments that people make by hand.
#[derive(SimpleObject)]
pub struct PayoutExport {
    /// One line for each, after a heading: the payout, the reference to write on the
    /// payment, the partner, where to, the amount and its currency. Cells that a
    /// spreadsheet would take for a formula begin with an apostrophe.
    csv: String,
    /// How many there are.
    count: usize,
    /// Whether there are more after the last of these.
    has_more: bool,
    /// The payout that was looked at last, to ask for more with; null where there is none.
    last: Option<ID>,
}

impl PayoutExport {
    fn new(export: &Export) -> Result<Self> {
        let mut lines = csv::Writer::from_writer(Vec::new());
        let heading = [
            "payout",
            "reference",
            "partner",
            "destination",
            "amount",
            "currency",
        ];
        let mut write = |line: [&str; 6]| {
            let written = lines.write_record(line);
            written.map_err(|error| Error::broken(format!("no CSV: {error}")))
        };
        write(heading)?;
        for payment in &export.payments {
            let (payout, amount) = (payment.payout.to_string(), payment.money.amount());
            let text = [
                &payment.reference,
                &payment.partner,
                payment.destination.expose(),
            ];
            let [reference, partner, destination] = text.map(plain);
            let currency = payment.money.currency.code();
            write([
                &payout,
                &reference,
                &partner,
                &destination,
                &amount,
                currency,
            ])?;
        }
        let bytes = lines.into_inner();
        let bytes = bytes.map_err(|error| Error::broken(format!("no CSV: {error}")))?;
        let csv = String::from_utf8(bytes);
        Ok(Self {
            csv: csv.map_err(|error| Error::broken(format!("no CSV: {error}")))?,
            count: export.payments.len(),
            has_more: export.has_more,
            last: export.last.map(|payout| payout.to_string().into()),
        })
    }
}

/// A cell that no spreadsheet takes for a formula.
fn plain(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

commands! {
    /// Exporting payout runs.
    PayoutExportMutations {
        /// Exports the payments of a run that people make by hand: at most 200 at a time, as
        /// CSV (RFC 4180) with a heading. It contains where partners are paid, so the log
        /// records who exported it.
        #[graphql(directive = cost::apply("500".to_owned()))]
        export_payout_run(ExportPayoutRunInput, "The run, and the last payout of the page before.") needs PayoutExport ->
        /// Result of `exportPayoutRun`.
        ExportPayoutRunPayload {
            /// The payments; null where there is no such run.
            export: PayoutExport
        }
    }
}
