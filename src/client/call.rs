//! Calls: one request after the other on one connection, each with a deadline, answered in the
//! shape of its route or as a typed error.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::body::{self, Body};
use super::connect::{Connection, connect};
use super::error::{ClientError, Mismatch};
use super::reopen::RETRY;
use super::{Address, Target};
use crate::wire;
use crate::wire::error::ErrorBody;

/// How long a question that was cut off waits for another supervisor: a keeper needs less.
pub(super) const BACK: Duration = Duration::from_secs(2);

/// How long a call may take to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// 10 s: what needs only the supervisor.
    Ordinary,
    /// 180 s: what starts or ends processes and worktrees.
    Long,
    /// 900 s: what may also run a project's own commands in a fresh worktree.
    SetUp,
    /// What the caller says.
    Within(Duration),
    /// A wait that the caller asked for.
    Unlimited,
}

impl Deadline {
    fn duration(self) -> Option<Duration> {
        match self {
            Self::Ordinary => Some(Duration::from_secs(10)),
            Self::Long => Some(Duration::from_secs(180)),
            Self::SetUp => Some(Duration::from_secs(900)),
            Self::Within(duration) => Some(duration),
            Self::Unlimited => None,
        }
    }
}

/// A caller of the supervisor. Keeps the connection of a call that is over for the next one; calls
/// at the same time have one each.
#[derive(Debug, Clone)]
pub struct Client {
    address: Address,
    idle: Arc<Mutex<Option<Connection>>>,
    key: Option<String>,
    deadline: Option<Duration>,
}

impl Client {
    /// A client of the supervisor at `address`, which may or may not run.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self { address, idle: Arc::default(), key: None, deadline: None }
    }

    /// The same with a connection that has been made.
    pub(super) fn over(address: Address, connection: Connection) -> Self {
        let client = Self::new(address);
        client.keep(connection);
        client
    }

    /// The same, and every changing call carries this idempotency key.
    #[must_use]
    pub fn with_key(mut self, key: Option<String>) -> Self {
        self.key = key;
        self
    }

    /// The same, and no call takes longer than this, whatever its own deadline.
    #[must_use]
    pub fn within(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The supervisor's address.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// `GET`, within the ordinary deadline.
    pub async fn get<T: DeserializeOwned>(&self, target: &Target) -> Result<T, ClientError> {
        self.get_within(target, Deadline::Ordinary).await
    }

    /// `GET`. A question that a supervisor was killed over is put to the one that its keeper brings
    /// back, for a moment.
    pub async fn get_within<T: DeserializeOwned>(
        &self,
        target: &Target,
        deadline: Deadline,
    ) -> Result<T, ClientError> {
        let first = self.get_once(target, deadline).await;
        let Err(ClientError::Broken(_)) = first else { return first };
        let late = Instant::now() + self.deadline.map_or(BACK, |within| within.min(BACK));
        loop {
            tokio::time::sleep(RETRY).await;
            match self.get_once(target, deadline).await {
                Err(ClientError::Broken(_) | ClientError::NotRunning { .. })
                    if Instant::now() < late => {}
                other => return other,
            }
        }
    }

    /// `GET`, of the supervisor that is there.
    pub(super) async fn get_once<T: DeserializeOwned>(
        &self,
        target: &Target,
        deadline: Deadline,
    ) -> Result<T, ClientError> {
        self.call(Method::GET, target, Bytes::new(), deadline).await
    }

    /// `POST`.
    pub async fn post<T: DeserializeOwned>(
        &self,
        target: &Target,
        body: &impl Serialize,
        deadline: Deadline,
    ) -> Result<T, ClientError> {
        self.call(Method::POST, target, encode(body)?, deadline).await
    }

    /// `PUT`, within the ordinary deadline.
    pub async fn put<T: DeserializeOwned>(
        &self,
        target: &Target,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.call(Method::PUT, target, encode(body)?, Deadline::Ordinary).await
    }

    /// `PATCH`, within the ordinary deadline.
    pub async fn patch<T: DeserializeOwned>(
        &self,
        target: &Target,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.call(Method::PATCH, target, encode(body)?, Deadline::Ordinary).await
    }

    /// `DELETE`, within the long deadline.
    pub async fn delete<T: DeserializeOwned>(&self, target: &Target) -> Result<T, ClientError> {
        self.call(Method::DELETE, target, Bytes::new(), Deadline::Long).await
    }

    /// `POST` of bytes that are not JSON.
    pub async fn upload<T: DeserializeOwned>(
        &self,
        target: &Target,
        bytes: Vec<u8>,
        deadline: Deadline,
    ) -> Result<T, ClientError> {
        let mut request = self.request(Method::POST, target, Bytes::from(bytes))?;
        let octets = HeaderValue::from_static("application/octet-stream");
        request.headers_mut().insert(CONTENT_TYPE, octets);
        decode(&self.answer(request, deadline).await?)
    }

    /// `GET` of bytes that are not JSON.
    pub async fn download(
        &self,
        target: &Target,
        deadline: Deadline,
    ) -> Result<Bytes, ClientError> {
        self.answer(self.request(Method::GET, target, Bytes::new())?, deadline).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &Target,
        body: Bytes,
        deadline: Deadline,
    ) -> Result<T, ClientError> {
        decode(&self.answer(self.request(method, target, body)?, deadline).await?)
    }

    /// Sends the request and reads the answer to its end.
    async fn answer(
        &self,
        request: Request<Body>,
        deadline: Deadline,
    ) -> Result<Bytes, ClientError> {
        let listener = AtomicU32::new(0);
        let answer = async {
            let (response, connection) = self.send(request, &listener).await?;
            let refused = !response.status().is_success();
            let bytes = body::read(response.into_body()).await?;
            self.keep(connection);
            if refused { Err(refusal(&bytes)) } else { Ok(bytes) }
        };
        self.limited(deadline, &listener, answer).await
    }

    /// Opens a stream that the caller reads to its end; only the answer's head has a deadline.
    pub(super) async fn open(&self, target: &Target) -> Result<Response<Incoming>, ClientError> {
        let request = self.request(Method::GET, target, Bytes::new())?;
        let listener = AtomicU32::new(0);
        let head = async {
            let (response, _) = self.send(request, &listener).await?;
            if response.status().is_success() {
                return Ok(response);
            }
            let bytes = body::read(response.into_body()).await?;
            Err(refusal(&bytes))
        };
        self.limited(Deadline::Ordinary, &listener, head).await
    }

    async fn limited<T>(
        &self,
        deadline: Deadline,
        listener: &AtomicU32,
        work: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let shortest = self.deadline.into_iter().chain(deadline.duration()).min();
        let Some(after) = shortest else { return work.await };
        match tokio::time::timeout(after, work).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let socket = self.address.paths.socket().to_owned();
                let pid = Some(listener.load(Ordering::Relaxed)).filter(|pid| *pid != 0);
                Err(ClientError::Silent { socket, after, pid })
            }
        }
    }

    /// Sends on the connection that is kept, else on a new one; `listener` becomes the pid of who
    /// accepted it.
    async fn send(
        &self,
        request: Request<Body>,
        listener: &AtomicU32,
    ) -> Result<(Response<Incoming>, Connection), ClientError> {
        let mut request = request;
        let mut kept = self.kept().await;
        loop {
            let is_kept = kept.is_some();
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => connect(self.address.paths.socket()).await?,
            };
            if let Some(process) = connection.listener {
                listener.store(process.pid, Ordering::Relaxed);
            }
            match connection.sender.try_send_request(request).await {
                Ok(response) => {
                    compare(response.headers())?;
                    return Ok((response, connection));
                }
                Err(mut error) => match error.take_message() {
                    // The other side closed it meanwhile, and nothing of the request was sent.
                    Some(unsent) if is_kept => request = unsent,
                    _ => return Err(ClientError::Broken(body::describe(error.error()))),
                },
            }
        }
    }

    /// The connection that was kept, if it can take a request.
    async fn kept(&self) -> Option<Connection> {
        let mut connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        connection.sender.ready().await.ok().map(|()| connection)
    }

    fn keep(&self, connection: Connection) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    fn request(
        &self,
        method: Method,
        target: &Target,
        body: Bytes,
    ) -> Result<Request<Body>, ClientError> {
        let changes = method != Method::GET;
        let mut request = Request::new(Body::new(body));
        *request.method_mut() = method;
        *request.uri_mut() =
            target.as_str().parse().map_err(|e| ClientError::Garbled(format!("{e}")))?;
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static("ao"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(wire::PROTOCOL_HEADER, HeaderValue::from(wire::PROTOCOL));
        headers.insert(wire::VERSION_HEADER, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
        let claims = [
            (wire::SESSION_HEADER, self.address.session.as_deref()),
            (wire::TOKEN_HEADER, self.address.token.as_deref()),
            (wire::IDEMPOTENCY_HEADER, self.key.as_deref().filter(|_| changes)),
        ];
        for (name, value) in claims {
            if let Some(value) = value {
                headers.insert(name, header_value(name, value)?);
            }
        }
        Ok(request)
    }
}

/// A claim that cannot be sent as it is must not be left out: the caller would pass for another.
fn header_value(name: &'static str, value: &str) -> Result<HeaderValue, ClientError> {
    use crate::wire::error::{ApiError, ErrorCode};
    HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
        let error = ApiError::new(
            ErrorCode::Usage,
            format!("the {name} of this call is not usable"),
            format!("{value:?} has characters that do not fit in a header"),
            "use printable ASCII characters",
        );
        ClientError::Refused(Box::new(error))
    })
}

fn encode(body: &impl Serialize) -> Result<Bytes, ClientError> {
    let bytes = serde_json::to_vec(body).map_err(|e| ClientError::Garbled(e.to_string()))?;
    Ok(Bytes::from(bytes))
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(bytes).map_err(|e| ClientError::Garbled(e.to_string()))
}

fn refusal(bytes: &[u8]) -> ClientError {
    match decode::<ErrorBody>(bytes) {
        Ok(body) => ClientError::Refused(Box::new(body.error)),
        Err(error) => error,
    }
}

/// Every answer of a supervisor says its protocol; another program's does not.
fn compare(headers: &HeaderMap) -> Result<(), ClientError> {
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    let theirs = text(wire::PROTOCOL_HEADER)
        .and_then(|v| v.parse().ok())
        .ok_or_else(|| ClientError::Garbled("it names no protocol version".into()))?;
    if theirs == wire::PROTOCOL {
        return Ok(());
    }
    Err(ClientError::Incompatible(Mismatch {
        own: wire::PROTOCOL,
        own_version: env!("CARGO_PKG_VERSION"),
        theirs,
        their_version: text(wire::VERSION_HEADER).map(str::to_owned),
    }))
}
