//! Whether a run may still spend: asked when an agent is issued and again right before it starts.

use crate::model::ids::Timestamp;

use super::definition::Budget;

/// What a run has spent so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    /// Tokens that its agents have told of.
    pub tokens: u64,
    /// Money, as far as prices are known.
    pub money: f64,
    /// Agents that were started, repeated attempts included.
    pub agents: u32,
}

impl Budget {
    /// Why no further agent may start; nothing while one may.
    #[must_use]
    pub fn used_up(&self, spent: &Spent) -> Option<String> {
        if let Some(limit) = self.tokens.filter(|limit| spent.tokens >= *limit) {
            return Some(format!("the budget is used up: {} of {limit} tokens", spent.tokens));
        }
        if let Some(limit) = self.money.filter(|limit| spent.money >= *limit) {
            return Some(format!("the budget is used up: {:.2} of {limit:.2} spent", spent.money));
        }
        let limit = self.agents.filter(|limit| spent.agents >= *limit)?;
        Some(format!("the budget is used up: {} of {limit} agents", spent.agents))
    }

    /// When the run's time is over.
    #[must_use]
    pub fn ends_at(&self, begun: Timestamp) -> Option<Timestamp> {
        self.wall_s.map(|seconds| begun.plus(seconds.saturating_mul(1000)))
    }

    /// Why nothing at all may start; nothing while it may.
    #[must_use]
    pub fn over_time(&self, begun: Timestamp, now: Timestamp) -> Option<String> {
        let over = self.ends_at(begun).is_some_and(|at| now >= at);
        over.then(|| format!("the budget is used up: {} s", self.wall_s.unwrap_or_default()))
    }

    /// The options of `ao flow resume` that raise what is used up, `elapsed_ms` after the start.
    #[must_use]
    pub fn raise(&self, spent: &Spent, elapsed_ms: u64) -> String {
        let limits = [
            ("--tokens N", self.tokens.is_some_and(|limit| spent.tokens >= limit)),
            ("--money N", self.money.is_some_and(|limit| spent.money >= limit)),
            ("--agents N", self.agents.is_some_and(|limit| spent.agents >= limit)),
            ("--wall-s N", self.wall_s.is_some_and(|s| elapsed_ms >= s.saturating_mul(1000))),
        ];
        let used_up = limits.iter().filter(|(_, is_used_up)| *is_used_up);
        used_up.map(|(option, _)| *option).collect::<Vec<_>>().join(" ")
    }

    /// These limits, and where `raised` names one, that one.
    #[must_use]
    pub fn raised(&self, raised: &Self) -> Self {
        Self {
            tokens: raised.tokens.or(self.tokens),
            money: raised.money.or(self.money),
            agents: raised.agents.or(self.agents),
            wall_s: raised.wall_s.or(self.wall_s),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_one() {
        let none = Budget::default();
        let much = Spent { tokens: 1 << 40, money: 1e9, agents: 1 << 20 };
        assert_eq!(none.used_up(&much), None);
        assert_eq!(none.over_time(Timestamp(0), Timestamp(i64::MAX)), None);
        let budget =
            Budget { tokens: Some(10), money: Some(1.5), agents: Some(2), wall_s: Some(3) };
        let reason = |spent: Spent| budget.used_up(&spent).unwrap_or_default();
        assert_eq!(reason(Spent { tokens: 9, money: 1.4, agents: 1 }), "");
        assert!(reason(Spent { tokens: 10, ..Spent::default() }).contains("10 of 10 tokens"));
        assert!(reason(Spent { money: 1.5, ..Spent::default() }).contains("1.50 of 1.50"));
        assert!(reason(Spent { agents: 2, ..Spent::default() }).contains("2 of 2 agents"));
        assert_eq!(budget.over_time(Timestamp(1000), Timestamp(3999)), None);
        assert!(budget.over_time(Timestamp(1000), Timestamp(4000)).is_some());
        assert_eq!(budget.raise(&Spent { tokens: 9, money: 1.4, agents: 1 }, 2999), "");
        assert_eq!(budget.raise(&Spent { agents: 2, ..Spent::default() }, 0), "--agents N");
        assert_eq!(budget.raise(&Spent { money: 2.0, ..Spent::default() }, 0), "--money N");
        assert_eq!(
            budget.raise(&Spent { tokens: 10, ..Spent::default() }, 3000),
            "--tokens N --wall-s N"
        );
        let raised = budget.raised(&Budget { agents: Some(5), ..Budget::default() });
        assert_eq!(raised, Budget { agents: Some(5), ..budget });
    }
}
