//! How the lines of an agent's transcript are understood: by the module of its form, or by the rules
//! of its manifest. Called by the service that follows transcripts.

use std::path::Path;

use super::manifest::{LineRule, Manifest, TranscriptForm, entries};
use super::record::Entry;
use super::{claude, codex, gemini};

/// Reads the transcripts of one agent.
#[derive(Debug, Clone)]
pub struct TranscriptReader {
    form: TranscriptForm,
    rules: Vec<LineRule>,
}

impl TranscriptReader {
    /// `None` for an agent whose transcripts are not read.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Option<Self> {
        let form = manifest.transcript;
        let rules = manifest.transcript_lines.clone();
        (form != TranscriptForm::None).then_some(Self { form, rules })
    }

    /// What a line says; a line that is not understood says nothing.
    #[must_use]
    pub fn entries(&self, line: &str) -> Vec<Entry> {
        match self.form {
            TranscriptForm::Claude => claude::entries(line),
            TranscriptForm::Codex => codex::entries(line),
            TranscriptForm::Gemini => gemini::entries(line),
            TranscriptForm::Lines => entries(&self.rules, line),
            TranscriptForm::None => Vec::new(),
        }
    }

    /// The conversation that a transcript is of, in a session whose conversation is `current`.
    #[must_use]
    pub fn conversation(&self, transcript: &Path, current: Option<&str>) -> Option<String> {
        match self.form {
            TranscriptForm::Claude => claude::conversation_of(transcript),
            _ => current.map(str::to_owned),
        }
    }

    /// The name of a model call among all of the session's.
    #[must_use]
    pub fn message_key(&self, message: String, conversation: Option<&str>) -> String {
        match (self.form, conversation) {
            // Its numbers begin anew with each conversation.
            (TranscriptForm::Codex, Some(conversation)) => format!("{conversation}/{message}"),
            _ => message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::{Catalog, ModelReport};
    use crate::model::trace::Outcome;

    fn read(agent: &str, lines: &str) -> Vec<Entry> {
        let catalog = Catalog::built_in();
        let reader = TranscriptReader::of(catalog.get(agent).unwrap()).unwrap();
        lines.lines().flat_map(|line| reader.entries(line)).collect()
    }

    fn model_calls(entries: &[Entry]) -> Vec<&ModelReport> {
        entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Model(report) => Some(report),
                _ => None,
            })
            .collect()
    }

    /// Lines of Qwen Code 0.24.4.
    #[test]
    fn each_answer_that_qwen_has_had_is_counted() {
        let entries = read("qwen", include_str!("builtin/recorded/qwen.jsonl"));
        let calls = model_calls(&entries);
        let [first, memory, ..] = calls.as_slice() else { panic!("{calls:?}") };
        assert_eq!((first.tokens.input, first.tokens.output), (300, 1));
        assert_eq!((first.model.as_str(), &first.chain), ("mock-model", &None));
        assert!(first.at.is_some());
        assert_eq!((memory.tokens.input, memory.tokens.cache_read), (300, 1000));
        assert!(memory.chain.as_deref().unwrap().starts_with("managed-auto-memory-extractor"));
        let turns = entries.iter().filter(|entry| matches!(entry, Entry::Turn(_))).count();
        assert_eq!(turns, calls.len() - 1, "the memory's is no turn of its own");
    }

    /// Lines of GitHub Copilot CLI 1.0.102.
    #[test]
    fn copilot_s_calls_of_models_and_of_tools_are_read() {
        let entries = read("copilot", include_str!("builtin/recorded/copilot.jsonl"));
        let calls = model_calls(&entries);
        assert!(calls.iter().all(|call| call.model == "mock-model"));
        let costs: Vec<_> = calls.iter().map(|call| &call.tokens).collect();
        let costs: Vec<_> = costs.iter().map(|t| (t.input, t.cache_read, t.output)).collect();
        assert_eq!(costs, [(300, 0, 10), (300, 1000, 1)]);
        let tool = |entry: &Entry| match entry {
            Entry::Tool(report) => Some((**report).clone()),
            _ => None,
        };
        let tools: Vec<_> = entries.iter().filter_map(tool).collect();
        let [begun, ended, _, refused] = tools.as_slice() else { panic!("{tools:?}") };
        assert_eq!(begun.call_id, ended.call_id);
        assert_eq!(begun.tool.as_deref(), Some("bash"));
        assert_eq!(begun.input.as_ref().unwrap()["command"], "touch asked");
        assert_eq!(ended.outcome, Some(Outcome::Ok));
        assert!(ended.output.is_some());
        assert!(begun.started_at < ended.finished_at);
        assert_eq!(refused.outcome, Some(Outcome::Denied), "{refused:?}");
    }
}
