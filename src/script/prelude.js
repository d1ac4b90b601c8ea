// What a script finds in its globals. Evaluated once in each context, before the script: whatever
// the script does to prototypes later, the intrinsics used here are captured, the loops are plain.
(function (host, given) {
    'use strict';
    const global = globalThis;
    const { parse, stringify } = JSON;
    const { defineProperty, freeze, getPrototypeOf } = Object;
    const { isArray } = Array;
    const { apply, construct } = Reflect;
    const Promised = Promise;
    const Text = String;
    const Numeric = Number;
    const { slice } = String.prototype;
    const classes = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError };
    defineProperty(classes, '__proto__', { value: undefined });
    const MOST = 4096;

    // How stacks look is not the script's to say: its calls are known by their lines. What it sets
    // is kept, and means nothing.
    const own_stacks = ['prepareStackTrace', 'stackTraceLimit'];
    for (let i = 0; i < own_stacks.length; i++) {
        defineProperty(Error, own_stacks[i], { value: undefined, writable: true, configurable: true });
    }

    // ---- errors

    function failure(name, message, data, stack) {
        const known = name !== '__proto__' && classes[name];
        const error = new (known || classes.Error)(message);
        const hidden = (key, value) =>
            defineProperty(error, key, { value, writable: true, configurable: true });
        if (!known) hidden('name', name);
        if (data !== undefined) hidden('data', data);
        if (stack !== undefined) hidden('stack', stack);
        return error;
    }

    function describe(error) {
        const read = (key) => {
            try {
                const value = error[key];
                return typeof value === 'string' ? value : undefined;
            } catch {
                return undefined;
            }
        };
        let message;
        if (error instanceof classes.Error) {
            message = read('message');
        } else {
            try {
                message = typeof error === 'object' ? stringify(error) : Text(error);
            } catch {
                message = undefined;
            }
        }
        const name = error instanceof classes.Error ? read('name') : undefined;
        const stack = error instanceof classes.Error ? read('stack') : undefined;
        return { name: name || 'Error', message: message ?? '<non-string error>', stack };
    }

    // ---- calls to the host

    const pending = { __proto__: null };
    let aborted;
    let spent = given.spent;

    function check_abort() {
        if (aborted !== undefined) throw failure('AbortError', aborted);
    }

    function issue(kind, payload, stack) {
        const id = host.call(kind, stringify(payload), stack);
        if (typeof id === 'number') return id;
        const name = id[0] === 'R' ? 'RangeError' : 'TypeError';
        throw failure(name, apply(slice, id, [1]), undefined, stack);
    }

    function request(kind, payload, stack) {
        const id = issue(kind, payload, stack);
        return new Promised((resolve, reject) => {
            pending[id] = { resolve, reject, stack };
        });
    }

    // ---- primitives

    let current = null;

    async function agent(prompt, opts) {
        check_abort();
        const { stack } = new classes.Error('');
        if (typeof prompt !== 'string' || prompt === '') {
            throw new classes.TypeError('agent: the prompt must be a non-empty string');
        }
        if (opts !== undefined && (typeof opts !== 'object' || opts === null || isArray(opts))) {
            throw new classes.TypeError('agent: the options must be an object');
        }
        return await request('agent', { prompt, opts, phase: current }, stack);
    }

    function dropped(where, errors, index, error) {
        const { name, message } = describe(error);
        const text = error instanceof classes.Error || typeof error === 'string'
            ? message
            : '<non-string error>';
        errors[index] = { index, name, message: text };
        host.event('drop', stringify({ where: `${where}[${index}]`, name, message: text }));
    }

    function with_errors(results, sparse) {
        const errors = [];
        for (let i = 0; i < sparse.length; i++) {
            if (sparse[i] !== undefined) errors[errors.length] = freeze(sparse[i]);
        }
        return defineProperty(results, 'errors', { value: freeze(errors) });
    }

    async function parallel(thunks) {
        check_abort();
        if (!isArray(thunks)) {
            throw new classes.TypeError('parallel: expected an array of functions');
        }
        const count = thunks.length;
        if (count > MOST) throw new classes.RangeError(`parallel: at most ${MOST} functions`);
        for (let i = 0; i < count; i++) {
            if (typeof thunks[i] !== 'function') {
                throw new classes.TypeError(
                    `parallel: item ${i} is not a function; wrap each call: () => agent(…)`,
                );
            }
        }
        const results = new Array(count);
        const errors = [];
        const one = async (thunk, i) => {
            try {
                results[i] = await thunk();
            } catch (error) {
                if (aborted !== undefined) throw error;
                results[i] = null;
                dropped('parallel', errors, i, error);
            }
        };
        const running = [];
        for (let i = 0; i < count; i++) running[i] = one(thunks[i], i);
        for (let i = 0; i < count; i++) await running[i];
        return with_errors(results, errors);
    }

    async function pipeline(items, ...stages) {
        check_abort();
        if (!isArray(items)) throw new classes.TypeError('pipeline: expected an array of items');
        const count = items.length;
        if (count > MOST) throw new classes.RangeError(`pipeline: at most ${MOST} items`);
        for (let s = 0; s < stages.length; s++) {
            if (typeof stages[s] !== 'function') {
                throw new classes.TypeError(`pipeline: stage ${s + 1} is not a function`);
            }
        }
        const results = new Array(count);
        const errors = [];
        const one = async (item, i) => {
            let value = item;
            try {
                for (let s = 0; s < stages.length; s++) {
                    const stage = stages[s];
                    value = await stage(value, item, i);
                    if (value === null) break;
                }
                results[i] = value;
            } catch (error) {
                if (aborted !== undefined) throw error;
                results[i] = null;
                dropped('pipeline', errors, i, error);
            }
        };
        const running = [];
        for (let i = 0; i < count; i++) running[i] = one(items[i], i);
        for (let i = 0; i < count; i++) await running[i];
        return with_errors(results, errors);
    }

    function phase(title) {
        let text;
        try {
            text = Text(title);
        } catch {
            text = '';
        }
        const clean = host.title(text);
        if (clean === current) return;
        current = clean;
        host.event('phase', stringify({ title: clean }));
    }

    function log(...values) {
        let line = '';
        for (let i = 0; i < values.length; i++) {
            let text;
            try {
                text = typeof values[i] === 'string' ? values[i] : (stringify(values[i]) ?? Text(values[i]));
            } catch {
                text = '<a value that cannot be shown>';
            }
            line += (i > 0 ? ' ' : '') + text;
        }
        host.event('log', stringify({ line }));
    }

    async function workflow(ref, args) {
        check_abort();
        const { stack } = new classes.Error('');
        if (given.is_child) {
            throw failure('NestingError', 'a workflow that was called by one cannot call another', undefined, stack);
        }
        const by_name = typeof ref === 'string' && ref !== '';
        const by_path = typeof ref === 'object' && ref !== null && typeof ref.scriptPath === 'string';
        if (!by_name && !by_path) {
            throw new classes.TypeError('workflow: expected a name or {scriptPath}');
        }
        const payload = by_name ? { name: ref } : { script_path: ref.scriptPath };
        if (args !== undefined) payload.args = args;
        return await request('workflow', payload, stack);
    }

    const timers = { __proto__: null };

    function setTimeout(callback, ms, ...values) {
        if (typeof callback !== 'function') {
            throw new classes.TypeError('setTimeout: expected a function');
        }
        const { stack } = new classes.Error('');
        const wait = Numeric(ms) || 0;
        const id = issue('timer', { ms: wait > 0 ? wait : 0 }, stack);
        timers[id] = () => apply(callback, undefined, values);
        return id;
    }

    function clearTimeout(id) {
        if (typeof id === 'number' && timers[id]) {
            delete timers[id];
            host.clear(id);
        }
    }

    const total = given.total ?? null;
    const budget = freeze({
        total,
        spent: () => spent,
        remaining: () => (total === null ? Infinity : total > spent ? total - spent : 0),
    });

    const console = freeze({ log, info: log, warn: log, error: log, debug: log });
    const args = given.args === undefined ? undefined : parse(given.args);

    // ---- nothing that differs from run to run

    function undetermined(what) {
        throw failure('DeterminismError', `${what} differs from run to run: pass it in args`);
    }

    const RealDate = Date;
    const SafeDate = function Date(...values) {
        if (new.target === undefined) undetermined('Date()');
        if (values.length === 0) undetermined('new Date()');
        return construct(RealDate, values, new.target);
    };
    const define = (target, key, value) =>
        defineProperty(target, key, { value, writable: false, configurable: false });
    define(SafeDate, 'now', () => undetermined('Date.now()'));
    define(SafeDate, 'parse', RealDate.parse);
    define(SafeDate, 'UTC', RealDate.UTC);
    defineProperty(SafeDate, 'length', { value: 7 });
    SafeDate.prototype = RealDate.prototype;
    define(RealDate.prototype, 'constructor', SafeDate);
    define(Math, 'random', () => undetermined('Math.random()'));

    // ---- no code from text

    const no_code = (name) => {
        const refuse = { [name]: function () {
            throw new classes.EvalError('a workflow makes no code from text');
        } }[name];
        return refuse;
    };
    const samples = [function () {}, async function () {}, function* () {}, async function* () {}];
    for (let i = 0; i < samples.length; i++) {
        const proto = getPrototypeOf(samples[i]);
        const refuse = no_code(proto.constructor.name);
        refuse.prototype = proto;
        define(proto, 'constructor', refuse);
        if (i === 0) define(global, 'Function', refuse);
    }
    define(global, 'eval', no_code('eval'));

    const unwanted = [
        'performance', 'WeakRef', 'FinalizationRegistry', 'Atomics', 'SharedArrayBuffer',
        'queueMicrotask', 'btoa', 'atob', 'DOMException', 'navigator', 'gc', 'print',
    ];
    for (let i = 0; i < unwanted.length; i++) delete global[unwanted[i]];

    const own = {
        agent, parallel, pipeline, phase, log, workflow, setTimeout, clearTimeout, budget, args,
        console, Date: SafeDate,
    };
    for (const name in own) {
        defineProperty(global, name, {
            value: own[name], writable: false, configurable: false, enumerable: true,
        });
    }

    // ---- for the host

    function settle(id, ok, json, now_spent) {
        spent = now_spent;
        const timer = timers[id];
        if (timer !== undefined) {
            delete timers[id];
            // What it throws is nobody's: told as an unhandled rejection.
            (async () => timer())();
            return;
        }
        const call = pending[id];
        if (call === undefined) return;
        delete pending[id];
        if (ok) {
            call.resolve(json === undefined ? undefined : parse(json));
        } else {
            const { name, message, data } = parse(json);
            call.reject(failure(name, message, data, call.stack));
        }
    }

    function abort(reason) {
        aborted = reason;
        for (const id in pending) {
            const call = pending[id];
            delete pending[id];
            call.reject(failure('AbortError', reason, undefined, call.stack));
        }
    }

    async function start(script) {
        let text;
        try {
            const value = await script();
            try {
                text = value === undefined ? undefined : stringify(value);
            } catch (error) {
                const { message } = describe(error);
                throw failure('NotSerializableError', `the result is not JSON: ${message}`);
            }
        } catch (error) {
            host.finish(false, stringify(describe(error)), error === null);
            return;
        }
        host.finish(true, text, false);
    }

    return { settle, abort, start, describe: (error) => stringify(describe(error)) };
});
