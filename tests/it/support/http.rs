//! The supervisor's socket, spoken to directly: one connection, kept from call to call.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

/// No answer takes so long.
const LIMIT: Duration = Duration::from_secs(20);

/// The connection; made anew after one that broke.
pub struct Http {
    socket: PathBuf,
    connection: Option<BufReader<UnixStream>>,
}

impl Http {
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), connection: None }
    }

    /// One try: status and body of the answer.
    pub fn call(
        &mut self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> io::Result<(u16, Value)> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let stream = UnixStream::connect(&self.socket)?;
                stream.set_read_timeout(Some(LIMIT))?;
                stream.set_write_timeout(Some(LIMIT))?;
                BufReader::new(stream)
            }
        };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let key = key.map_or_else(String::new, |key| format!("idempotency-key: {key}\r\n"));
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: ao\r\ncontent-type: application/json\r\n\
             {key}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        connection.get_mut().write_all(request.as_bytes())?;
        let answer = answer(&mut connection)?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

fn answer(connection: &mut impl BufRead) -> io::Result<(u16, Value)> {
    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(cut)?;
    let mut length = 0;
    loop {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err(cut());
        }
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok((status, serde_json::from_slice(&body)?))
}
