//! What scripts may rely on, a line each: the primitives answer as those of the engine that the
//! format comes from. Where they do not, it is said.

use super::behaviour::run;

/// An expression, and what it comes to as JSON; an error is its class behind a `!`.
const PROBES: [(&str, &str); 49] = [
    // What there is, and what there is not.
    ("typeof setTimeout", r#""function""#),
    ("typeof clearTimeout", r#""function""#),
    ("typeof console.log", r#""function""#),
    ("typeof URL", r#""undefined""#),
    ("typeof structuredClone", r#""undefined""#),
    ("typeof queueMicrotask", r#""undefined""#),
    ("typeof crypto", r#""undefined""#),
    ("typeof fetch", r#""undefined""#),
    ("typeof process", r#""undefined""#),
    ("typeof require", r#""undefined""#),
    ("eval('1')", "!EvalError"),
    ("new Function('return 1')", "!EvalError"),
    ("undeclared = 1", "!ReferenceError"),
    ("(function () { return this === undefined })()", "true"),
    ("new Date(1).getTime()", "1"),
    // The original throws an Error.
    ("(0, Date)['now']()", "!DeterminismError"),
    ("Math['random']()", "!DeterminismError"),
    // The original lets a script replace it.
    ("(() => { agent = 1 })()", "!TypeError"),
    // agent()
    ("await agent('one')", r#""R(one)""#),
    ("await agent('!null')", "null"),
    ("await agent('x', { scema: {} })", r#""R(x)""#),
    ("await agent('x', { schema: null })", r#""R(x)""#),
    ("await agent('x', { schema: { type: 'objekt' } })", "!TypeError"),
    ("await agent('x', { isolation: 'remote' })", "!TypeError"),
    // The original starts an agent with these, in vain or not.
    ("await agent('x', { schema: { type: 'array' } })", "!TypeError"),
    ("await agent('x', { effort: 'bogus' })", "!TypeError"),
    ("await agent()", "!TypeError"),
    // parallel()
    ("await parallel([])", "[]"),
    ("await parallel([() => undefined, () => null, () => 0, () => ''])", r#"[null,null,0,""]"#),
    ("await parallel([() => { throw new Error('x') }, () => 1])", "[null,1]"),
    ("await parallel([async () => { throw new Error('x') }, () => 1])", "[null,1]"),
    ("await parallel([() => { throw 'x' }, () => 1])", "[null,1]"),
    ("await parallel([() => () => 1])", "[null]"),
    ("await parallel()", "!TypeError"),
    ("await parallel('x')", "!TypeError"),
    ("await parallel([1])", "!TypeError"),
    // pipeline()
    ("await pipeline([1, 2])", "[1,2]"),
    ("await pipeline([], x => x)", "[]"),
    ("await pipeline([1], p => p + 1, p => p * 2)", "[4]"),
    ("await pipeline([7], p => 'a', (p, o, i) => [p, o, i])", r#"[["a",7,0]]"#),
    ("await pipeline([1], () => null, () => 'after')", "[null]"),
    ("await pipeline([1], () => undefined, p => p === undefined)", "[true]"),
    ("await pipeline([1, 2], p => { if (p === 1) throw new Error('x'); return p })", "[null,2]"),
    ("await pipeline()", "!TypeError"),
    ("await pipeline(new Set([1]), p => p)", "!TypeError"),
    ("await pipeline([1], 5)", "!TypeError"),
    // The rest.
    ("[phase('A') === undefined, log('x') === undefined]", "[true,true]"),
    ("[budget.total, budget.spent(), budget.remaining() === Infinity]", "[null,0,true]"),
    ("[args === undefined, await workflow('return args === null', null)]", "[true,true]"),
];

#[test]
fn the_primitives_answer_as_scripts_expect() {
    for (probe, expected) in PROBES {
        let body =
            format!("try {{ return [{probe}] }} catch (error) {{ return '!' + error.name }}");
        let value = run(&body).value();
        let answer = match (&value[0], value.as_str()) {
            (_, Some(error)) => error.to_owned(),
            (value, None) => value.to_string(),
        };
        assert_eq!(answer, expected, "{probe}");
    }
}
