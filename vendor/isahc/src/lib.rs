//! Stands in for the HTTP client that zellij-utils downloads layouts and plugins with.
//!
//! ao uses zellij-utils for its socket protocol and its configuration format and never downloads
//! anything. The real client brings curl and OpenSSL along, which initialise themselves in every
//! process that is linked with them: a third of the start of each `ao`, and 6 MB of memory in every
//! session host. Here are the types and functions that zellij-utils names; a client cannot be had.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

pub use http;
pub use http::Request;

/// There is no client in this build; the only error there is.
#[derive(Debug)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this program is built without an HTTP client")
    }
}

impl std::error::Error for Error {}

/// A client, which nobody can have.
#[derive(Debug, Clone)]
pub enum HttpClient {}

impl HttpClient {
    /// Settings for a client.
    pub fn builder() -> HttpClientBuilder {
        HttpClientBuilder
    }

    /// Never called, for there is no client to call it on.
    pub async fn send_async(
        &self,
        _request: http::Request<()>,
    ) -> Result<http::Response<AsyncBody>, Error> {
        match *self {}
    }
}

/// Settings for a client.
#[derive(Debug)]
pub struct HttpClientBuilder;

impl HttpClientBuilder {
    /// Always fails.
    pub fn build(self) -> Result<HttpClient, Error> {
        Err(Error)
    }
}

/// The body of a response that never comes.
#[derive(Debug)]
pub struct AsyncBody(Infallible);

impl futures_io::AsyncRead for AsyncBody {
    fn poll_read(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        _buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.0 {}
    }
}

/// What a client can be told.
pub mod config {
    /// What to do about a redirect.
    #[derive(Debug, Clone, Copy)]
    pub enum RedirectPolicy {
        /// Go there.
        Follow,
    }
}

/// The traits that callers import.
pub mod prelude {
    use super::HttpClientBuilder;
    use super::config::RedirectPolicy;

    /// Settings, one by one.
    pub trait Configurable: Sized {
        /// Has no effect.
        fn redirect_policy(self, _policy: RedirectPolicy) -> Self {
            self
        }
    }

    impl Configurable for HttpClientBuilder {}
}
