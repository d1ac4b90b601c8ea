//! Where things are and how `ao` is set up: paths from the environment, `config.toml`, a
//! repository's `ao.toml`. Read by the supervisor at start and by the faces that need no
//! supervisor; the only place that asks for the platform's directories.

mod bounded_log;
mod environment;
mod error;
mod notice_settings;
mod paths;
mod permission_rules;
mod prices;
mod private_files;
mod project_file;
mod regular_file;
mod setting_keys;
mod settings;
mod subagent_settings;
mod toml_text;
mod trace_settings;

pub use bounded_log::BoundedLog;
pub use environment::Environment;
pub use error::ConfigError;
pub use notice_settings::{NoiseSettings, ReportSettings};
pub use paths::{Paths, SOCKET_PATH_LIMIT, ZELLIJ_NAME_ROOM};
pub use permission_rules::permission_rules;
pub use prices::Prices;
pub use private_files::{create_private_dir, write_private};
pub use project_file::{ProjectFile, ProjectSection, PromptsSection, SetupSection};
pub use regular_file::{open_regular, read_regular, read_regular_text};
pub use setting_keys::{SettingKey, setting_keys};
pub use settings::{Limits, Recover, Setting, Settings, Source, ZellijMode};
pub use subagent_settings::Notify;
pub use toml_text::{parse_toml, read_text, toml_files};
pub use trace_settings::TraceSettings;
