//! A stand-in for the models' servers, on loopback: it does what the newest mark in a request says,
//! and keeps which marks it has been told of. Just enough HTTP for the agents' clients.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::forms::{self, Answer, Form};

/// Begins a mark in a message: `ao-check-07-say`, with a number and what the model is to do.
const MARK: &str = "ao-check-";
/// How long a `wait` takes.
pub const WAIT: Duration = Duration::from_secs(8);
/// Largest request, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;
/// Longest head of a request, in bytes.
const HEAD: usize = 64 * 1024;

/// What a mark asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Answer at once.
    Say,
    /// Answer after [`WAIT`].
    Wait,
    /// Run a command that needs leave, then answer.
    Run,
}

impl Act {
    fn word(self) -> &'static str {
        match self {
            Self::Say => "say",
            Self::Wait => "wait",
            Self::Run => "run",
        }
    }
}

/// The mark with this number; a message that holds it makes the model act.
#[must_use]
pub fn mark(number: u32, act: Act) -> String {
    format!("{MARK}{number:02}-{}", act.word())
}

/// A running stand-in; it ends with this.
pub struct Model {
    port: u16,
    heard: Arc<Heard>,
    server: tokio::task::JoinHandle<()>,
}

/// The whole bodies of the requests that were answered, in their order.
struct Heard {
    bodies: Mutex<Vec<String>>,
    count: watch::Sender<usize>,
}

impl Model {
    /// Listens on a port of its own.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let heard = Arc::new(Heard { bodies: Mutex::new(Vec::new()), count: watch::channel(0).0 });
        let shared = heard.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let heard = shared.clone();
                // A client that hangs up has no use for its answer.
                tokio::spawn(async move { drop(serve(stream, &heard).await) });
            }
        });
        Ok(Self { port, heard, server })
    }

    /// Its address, without a path.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until a request holds the text; false when none does within the time.
    pub async fn hears(&self, text: &str, within: Duration) -> bool {
        let mut count = self.heard.count.subscribe();
        let heard = async {
            loop {
                count.mark_unchanged();
                if self.bodies().iter().any(|body| body.contains(text)) {
                    return;
                }
                if count.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::time::timeout(within, heard).await.is_ok()
    }

    /// Whether one request holds both texts.
    #[must_use]
    pub fn heard_together(&self, one: &str, other: &str) -> bool {
        self.bodies().iter().any(|body| body.contains(one) && body.contains(other))
    }

    /// The marks with these numbers, in the order in which the longest conversation told of them,
    /// each as often as it did.
    #[must_use]
    pub fn told(&self, numbers: std::ops::Range<u32>) -> Vec<u32> {
        let marks = |body: &String| -> Vec<u32> {
            let number = |(at, _): (usize, &str)| {
                body.get(at + MARK.len()..at + MARK.len() + 2)?.parse().ok()
            };
            let all = body.match_indices(MARK).filter_map(number);
            all.filter(|number| numbers.contains(number)).collect()
        };
        self.bodies().iter().map(marks).max_by_key(Vec::len).unwrap_or_default()
    }

    fn bodies(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.heard.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(stream: TcpStream, heard: &Heard) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (path, body) = request(&mut stream).await?;
    let Some(form) = Form::of(&path) else {
        return reply(stream, "application/json", &forms::other(&path)).await;
    };
    let body = String::from_utf8_lossy(&body).into_owned();
    let answer = answer(form, &body);
    if newest(&body).is_some_and(|(_, act)| act == Act::Wait) && !forms::is_aside(&body) {
        tokio::time::sleep(WAIT).await;
    }
    let number = {
        let mut bodies = heard.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.push(body.clone());
        bodies.len()
    };
    heard.count.send_replace(number);
    let streamed = form.is_streamed(&path, &body);
    let kind = if streamed { "text/event-stream" } else { "application/json" };
    reply(stream, kind, &form.write(&answer, streamed, &format!("ao{number:04}"))).await
}

/// What to say to a request: a tool is called for once, and its result is answered.
fn answer(form: Form, body: &str) -> Answer {
    let Some((at, act)) = newest(body).filter(|_| !forms::is_aside(body)) else {
        return Answer::Words("a title");
    };
    let has_result = body.rfind(form.result_mark()).is_some_and(|result| result > at);
    match act {
        Act::Run if !has_result => match forms::shell(body) {
            Some(call) => Answer::Call(call),
            None => Answer::Words("there is no tool to run commands"),
        },
        _ => Answer::Words("done"),
    }
}

/// Where the newest mark is, and what it asks for. A conversation stands in a request in its order.
fn newest(body: &str) -> Option<(usize, Act)> {
    let at = body.rfind(MARK)?;
    let word = body.get(at + MARK.len() + 3..)?;
    let act = [Act::Say, Act::Wait, Act::Run].into_iter().find(|a| word.starts_with(a.word()))?;
    Some((at, act))
}

async fn request(stream: &mut BufReader<TcpStream>) -> io::Result<(String, Vec<u8>)> {
    let invalid = |why| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
        if head.len() > HEAD {
            return Err(invalid("the head is too long"));
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).ok_or_else(|| invalid("no path"))?.to_owned();
    let field = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    if field("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        return Ok((path, chunks(stream).await?));
    }
    let length: usize = field("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    if length > LARGEST {
        return Err(invalid("the body is too large"));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok((path, body))
}

async fn chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let invalid = |why| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut body = Vec::new();
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(stream.read_u8().await?);
            if line.len() > 32 {
                return Err(invalid("no length of a chunk"));
            }
        }
        let text = String::from_utf8_lossy(&line);
        let digits = text.trim().split(';').next().unwrap_or_default();
        let length = usize::from_str_radix(digits, 16).map_err(|_| invalid("no length"))?;
        if body.len() + length > LARGEST {
            return Err(invalid("the body is too large"));
        }
        let start = body.len();
        body.resize(start + length, 0);
        stream.read_exact(&mut body[start..]).await?;
        let mut end = [0; 2];
        stream.read_exact(&mut end).await?;
        if length == 0 {
            return Ok(body);
        }
    }
}

async fn reply(mut stream: BufReader<TcpStream>, kind: &str, body: &str) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.flush().await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_mark_counts_and_a_result_is_answered() {
        let asked = r#"{"tools":[{"name":"Bash","input_schema":{}}],"messages":[
            {"content":"ao-check-01-say"},{"content":"ao-check-02-run"}]}"#;
        assert!(matches!(newest(asked), Some((_, Act::Run))));
        assert!(matches!(answer(Form::Messages, asked), Answer::Call(_)));
        let ran = asked.replace("02-run\"}", "02-run\"},{\"type\":\"tool_result\"}");
        assert!(matches!(answer(Form::Messages, &ran), Answer::Words("done")));
        assert!(matches!(answer(Form::Messages, "{}"), Answer::Words("a title")));
        assert_eq!(newest("ao-check-xx"), None);
    }

    #[tokio::test]
    async fn a_client_is_answered_and_heard() {
        let model = Model::start().await.unwrap();
        let body = format!("{{\"tools\":[{{\"name\":\"Bash\"}}],\"x\":\"{}\"}}", mark(3, Act::Say));
        let mut stream = TcpStream::connect(("127.0.0.1", model.port)).await.unwrap();
        let text =
            format!("POST /v1/messages HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("done"), "{answer}");
        assert!(model.hears("ao-check-03", Duration::from_secs(5)).await);
        assert_eq!(model.told(0..9), vec![3]);
    }
}
