//! How the probe behaves: what its arguments say, and what a test changes later.

use std::time::Duration;

/// Its switches. Times are given in milliseconds.
#[derive(Debug, Default)]
pub struct Behaviour {
    /// `--hooks`: calls `ao hook any …` as an agent with hooks does.
    pub hooks: bool,
    /// `--plain`: does not ask for bracketed paste.
    pub plain: bool,
    /// `--exit CODE`: ends at once.
    pub exit: Option<i32>,
    /// A prompt given as an argument.
    pub prompt: Option<String>,
    /// `--paste-window MS`: an Enter so soon after a paste is swallowed.
    pub paste_window: Duration,
    /// `--lose-enters N`: so many Enters after each paste are lost.
    pub lose_enters: u32,
    /// `--slow-echo MS`: the screen is so late.
    pub slow_echo: Duration,
    /// `--busy MS`: works so long on each prompt, and shows it.
    pub busy: Duration,
    /// `--takes-context`: says that it takes a context from the answers to its hooks, and takes it.
    pub takes_context: bool,
    /// Shows what it took from a hook as a prompt.
    pub acknowledges: bool,
    /// Keeps its turn open until it is told to end it.
    pub holds: bool,
    /// Loses what is submitted.
    pub loses: bool,
    /// Does nothing with what it hears by its stream.
    pub ignores: bool,
    /// A prompt whose turn was stopped comes back so late into the composer.
    pub late: Duration,
    /// So many Escapes are not heard.
    pub deaf: u32,
    /// The prompt of the turn that it keeps open.
    pub held: Option<String>,
    /// Shows a dialog in which Enter means yes.
    pub dialog: bool,
    /// Opens the dialog so long after the first byte of the next paste.
    pub dialog_on_paste: Option<Duration>,
    /// Reads its terminal.
    pub reads: bool,
}

impl Behaviour {
    /// From the program's arguments, with the directory of its ledger.
    pub fn of(mut args: impl Iterator<Item = String>) -> (Self, String) {
        let mut behaviour = Self { reads: true, acknowledges: true, ..Self::default() };
        let mut ledger = None;
        while let Some(arg) = args.next() {
            let mut number = || args.next().and_then(|value| value.parse().ok()).expect("a number");
            match arg.as_str() {
                "--ledger" => ledger = args.next(),
                "--hooks" => behaviour.hooks = true,
                "--takes-context" => behaviour.takes_context = true,
                "--plain" => behaviour.plain = true,
                "--exit" => behaviour.exit = i32::try_from(number()).ok(),
                "--paste-window" => behaviour.paste_window = Duration::from_millis(number()),
                "--lose-enters" => behaviour.lose_enters = u32::try_from(number()).unwrap(),
                "--slow-echo" => behaviour.slow_echo = Duration::from_millis(number()),
                "--busy" => behaviour.busy = Duration::from_millis(number()),
                _ => behaviour.prompt = Some(arg),
            }
        }
        (behaviour, ledger.expect("--ledger is given"))
    }
}
