//! The answer to a connection that there is no place for: an error like any other, so that the
//! caller knows that ao is there and busy.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::wire::error::{ApiError, ErrorBody, ErrorCode};
use crate::wire::{PROTOCOL, PROTOCOL_HEADER, VERSION_HEADER};

/// How long a caller may take to say what is not listened to. Hung up on before that, it would see
/// a broken connection instead of the answer.
const LISTEN: Duration = Duration::from_millis(200);

/// Says that ao is busy, and why, and hangs up. Whatever goes wrong, the connection is closed.
pub async fn turn_away(mut stream: UnixStream, why: &str) {
    let error = ApiError::new(
        ErrorCode::Limit,
        "refused the request",
        format!("ao is busy: {why}"),
        "try again in a moment; nothing was done",
    );
    let body = serde_json::to_string(&ErrorBody { error }).expect("an error is plain JSON");
    let head = format!(
        "HTTP/1.1 {} Busy\r\ncontent-type: application/json\r\nconnection: close\r\n\
         {PROTOCOL_HEADER}: {PROTOCOL}\r\n{VERSION_HEADER}: {}\r\ncontent-length: {}\r\n\r\n",
        ErrorCode::Limit.status(),
        env!("CARGO_PKG_VERSION"),
        body.len(),
    );
    let said = async {
        let mut ignored = [0; 4096];
        // Its request, or the beginning of it: an answer before that is one to nothing.
        let _ = stream.read(&mut ignored).await;
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await?;
        while stream.read(&mut ignored).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    let _ = tokio::time::timeout(LISTEN, said).await;
}
