//! `ao workflow-host`: a run's own process. Reads messages, runs the script to its next wait,
//! applies one settlement at a time.

use std::io::{self, BufReader, BufWriter, Stdin, Stdout, Write};

use super::engine::{Engine, Step};
use super::limits;
use super::protocol::{FromHost, Limits, ToHost, read_line};

/// The two ends of the conversation.
struct Line {
    input: BufReader<Stdin>,
    output: BufWriter<Stdout>,
}

impl Line {
    fn tell(&mut self, message: &FromHost) -> io::Result<()> {
        serde_json::to_writer(&mut self.output, message)?;
        self.output.write_all(b"\n")
    }

    fn next(&mut self) -> io::Result<Option<ToHost>> {
        self.output.flush()?;
        read_line(&mut self.input)
    }
}

/// Serves one run on standard input and output; returns when it is over, or the other end is gone.
///
/// # Errors
/// When the pipes fail, or what comes in is no message.
pub fn run() -> io::Result<()> {
    let mut line =
        Line { input: BufReader::new(io::stdin()), output: BufWriter::new(io::stdout()) };
    let Some(ToHost::Init { v: 1, program, limits, total, check }) = line.next()? else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the first message is no init"));
    };
    limits::confine(limits.process_memory)?;
    limits::allow_slice(limits.slice_ms);
    let engine = match Engine::new(&program, limits, total) {
        Ok(engine) => engine,
        Err(rejected) => {
            let (line_number, column) = (rejected.line, rejected.column);
            let reason = rejected.reason;
            line.tell(&FromHost::Rejected { line: line_number, column, reason })?;
            return line.output.flush();
        }
    };
    line.tell(&FromHost::Compiled)?;
    // Before the script runs: it may be killed in its first loop.
    line.output.flush()?;
    if check {
        return Ok(());
    }
    converse(&mut line, engine, limits)
}

fn converse(line: &mut Line, mut engine: Engine, limits: Limits) -> io::Result<()> {
    engine.start();
    loop {
        let step = engine.run();
        for message in engine.take_messages() {
            line.tell(&message)?;
        }
        match step {
            Step::Done(mut outcome) => {
                let most = limits.memory as u64;
                if outcome.is_err() && engine.threw_null() && limits::peak_memory() >= Some(most) {
                    outcome = Err(engine.out_of_memory());
                }
                line.tell(&FromHost::Done { outcome })?;
                return line.output.flush();
            }
            Step::Waiting(pending) => {
                line.tell(&FromHost::Idle { pending, memory: engine.memory() })?;
            }
        }
        let Some(message) = line.next()? else { return Ok(()) };
        limits::allow_slice(limits.slice_ms);
        apply(&mut engine, message);
    }
}

fn apply(engine: &mut Engine, message: ToHost) {
    match message {
        ToHost::Settle(settled) => engine.settle(&settled),
        ToHost::Child { id, name, scope, program } => engine.child(id, &name, &scope, &program),
        ToHost::Abort { reason } => engine.abort(&reason),
        // A second one is a fault of the other side and changes nothing.
        ToHost::Init { .. } => {}
    }
}
