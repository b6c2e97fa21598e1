//! The editor in a real browser: what is typed into it is gone with its page.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::program::{Server, database, prints, token};

/// For whatever the browser is asked.
const WAIT: Duration = Duration::from_secs(30);

/// A headless browser with one page. Dropping it ends it.
struct Browser {
    process: Child,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: Value,
    asked: u64,
    _profile: TempDir,
}

impl Browser {
    async fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromium");
        command
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--remote-debugging-port=0",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut process = command
            .spawn()
            .expect("Chromium is installed; `cargo verify` sees to it");
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = lines.by_ref().find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("DevTools listening on ")
                .map(str::to_owned)
        });
        thread::spawn(|| lines.for_each(drop));
        let (socket, _) = connect_async(address.unwrap()).await.unwrap();
        Self {
            process,
            socket,
            session: Value::Null,
            asked: 0,
            _profile: profile,
        }
    }

    async fn asks(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": params });
        if self.session.is_string() {
            message["sessionId"] = self.session.clone();
        }
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
        loop {
            let answer = timeout(WAIT, self.socket.next()).await.unwrap();
            let answer = answer.unwrap().unwrap();
            let answer: Value = serde_json::from_str(answer.to_text().unwrap()).unwrap();
            if answer["id"] == self.asked {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    async fn opens(&mut self, url: &str) {
        let target = self
            .asks("Target.createTarget", json!({ "url": url }))
            .await;
        let params = json!({ "targetId": target["targetId"], "flatten": true });
        self.session = self.asks("Target.attachToTarget", params).await["sessionId"].clone();
    }

    async fn evaluates(&mut self, script: &str) -> Value {
        let params = json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
        let result = self.asks("Runtime.evaluate", params).await;
        assert!(
            result.get("exceptionDetails").is_none(),
            "{script}: {result}"
        );
        result["result"]["value"].clone()
    }

    async fn until(&mut self, script: &str) {
        for _ in 0..150 {
            if self.evaluates(script).await == true {
                return;
            }
            sleep(Duration::from_millis(200)).await;
        }
        let page = self.evaluates("document.body.innerText").await;
        panic!("never: {script}\n{page}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All that outlives a page.
const KEPT: &str = "(async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage },
    await indexedDB.databases(), document.cookie, await caches.keys()]))()";

#[tokio::test]
async fn the_browser_keeps_no_key() {
    let mut browser = Browser::start().await;
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    let mut arguments = vec!["key", "create", "--tenant", "Acme", "--person", "Ada"];
    arguments.extend(["--sandbox", "--database-url", &database]);
    let printed = prints(&arguments);
    let token = token(&printed);
    let server = Server::start(&database);

    browser.opens(&server.url).await;
    let editors = "[...document.querySelectorAll('.CodeMirror')].map((e) => e.CodeMirror)";
    browser
        .until(&format!(
            "{editors}.some((e) => e.getValue().includes('Authorization'))"
        ))
        .await;
    // What an earlier version may have left is taken away with the next start.
    browser
        .evaluates("localStorage.setItem('graphiql:headers', 'left')")
        .await;
    let headers = json!({ "Authorization": format!("Bearer {token}") }).to_string();
    let typed = format!(
        "{editors}.find((e) => e.getValue().includes('Authorization')).setValue({})",
        json!(headers)
    );
    browser.evaluates(&typed).await;
    browser
        .evaluates("document.querySelector('.graphiql-execute-button').click()")
        .await;
    browser
        .until(&format!(
            "{editors}.some((e) => e.getValue().includes('\"__typename\": \"Query\"'))"
        ))
        .await;
    // Settings and history are written a moment later.
    sleep(Duration::from_secs(2)).await;
    let kept = browser.evaluates(KEPT).await;
    assert_eq!(kept, r#"[{"graphiql:headers":"left"},{},[],"",[]]"#);

    // The page of before the reload answers until the next one is there.
    browser
        .evaluates("window.isEarlier = true; location.reload()")
        .await;
    browser
        .until(&format!(
            "!window.isEarlier && {editors}.some((e) => e.getValue().includes('Authorization'))"
        ))
        .await;
    assert_eq!(browser.evaluates(KEPT).await, r#"[{},{},[],"",[]]"#);
    let page = browser
        .evaluates(&format!(
            "JSON.stringify({editors}.map((e) => e.getValue()))"
        ))
        .await;
    assert!(!page.as_str().unwrap().contains(token), "{page}");
    let shot = browser.asks("Page.captureScreenshot", json!({})).await;
    assert!(shot["data"].as_str().is_some_and(|data| data.len() > 1_000));
}
