//! What programs hear and do: mistakes, their callbacks, and the end.

use std::sync::mpsc::TryRecvError;
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use super::*;
use crate::diagnostic::{Code, Severity};
use crate::testing::{environment, path};

const BROKEN: &str = "{ models: { bedrockDiscovery: { refreshInterval: 'soon' } } }";

#[test]
fn a_bad_edit_changes_nothing_and_the_next_good_one_is_taken() {
    let (_folder, file) = folder();
    put(&file, &region("a"));
    let scene = watch(user(&file));
    for (text, code) in [("{ models: {", "config::syntax"), (BROKEN, "config::type"), ("[]", "config::type")]
    {
        put(&file, text);
        assert_eq!(scene.errors(), [code]);
        assert_eq!(scene.region().as_deref(), Some("a"));
    }
    put(&file, &region("b"));
    scene.becomes(Some("b"));
}

#[test]
fn a_mistake_that_is_taken_back_is_told() {
    let (_folder, file) = folder();
    put(&file, &region("a"));
    let scene = watch(user(&file));
    put(&file, BROKEN);
    let Reload::Kept { errors } = scene.next() else { panic!("it is wrong") };
    assert_eq!(errors[0].file.as_deref(), Some(&*file));
    assert_eq!((errors[0].line, errors[0].column), (Some(1), Some(50)));
    // What would hold instead is not said: nothing does.
    assert!(!format!("{errors:?}").contains("instead"), "{errors:?}");
    put(&file, &region("a"));
    assert_eq!(scene.changed(), [""; 0]);
}

#[test]
fn a_comment_is_taken_with_no_change_of_a_value() {
    let (_folder, file) = folder();
    put(&file, &region("a"));
    let scene = watch(user(&file));
    put(&file, &format!("// mine\n{}", region("a")));
    assert_eq!(scene.changed(), [""; 0]);
    let origin = scene.watch.current().origin(&path("models.bedrockDiscovery.region")).unwrap();
    assert_eq!(origin.line, Some(2));
}

#[test]
fn errors_from_the_start_hold_nothing_up() {
    let (_folder, file) = folder();
    let wrong =
        |more: &str| format!("{{\n{more} models: {{ bedrockDiscovery: {{ refreshInterval: 'soon' }} }} }}");
    put(&file, &wrong(""));
    // That of a variable can be corrected by no edit.
    let environment = environment(&[("OUTCROP_RETRY_ATTEMPTS", "never")]);
    let scene = watch(Sources { environment, ..user(&file) });
    put(&file, &wrong("// on another line\n agents: { defaults: { model: 'm' } },"));
    let Reload::Taken { changed, diagnostics, .. } = scene.next() else { panic!("nothing new is wrong") };
    assert_eq!(changed, [path("agents.defaults.model.primary")]);
    assert_eq!(diagnostics.iter().filter(|it| it.is_error()).count(), 2, "{diagnostics:?}");
    assert!(diagnostics.iter().any(|it| it.help.iter().any(|help| help.contains("holds instead"))));
    // Another mistake does, and one that was corrected is a new one when it comes back.
    put(&file, &wrong("agents: 5,"));
    assert_eq!(scene.errors(), ["config::type"]);
    put(&file, &region("a"));
    assert_eq!(scene.changed().len(), 2);
    put(&file, &wrong(""));
    assert_eq!(scene.errors(), ["config::type"]);
}

#[test]
fn what_the_program_finds_wrong_counts_like_any_error() {
    let (_folder, file) = folder();
    let options = options().check(|config, _| {
        let region = config.settings().models.bedrock_discovery.region.as_deref();
        assert_ne!(region, Some("panic"), "as this test wants");
        let wrong = region == Some("moon");
        wrong
            .then(|| Diagnostic::new(Code::Provider, Severity::Error, "too far".to_owned()))
            .into_iter()
            .collect()
    });
    let scene = watch_by::<RecommendedWatcher>(user(&file), options);
    for name in ["moon", "panic"] {
        put(&file, &region(name));
        assert_eq!(scene.errors(), ["config::provider"]);
    }
    put(&file, &region("a"));
    scene.becomes(Some("a"));
}

#[test]
fn secrets_are_not_told() {
    let (_folder, file) = folder();
    let key =
        |key: &str| format!("{{ models: {{ providers: {{ mine: {{ api: 'x', apiKey: '{key}' }} }} }} }}");
    put(&file, &key("hush"));
    let scene = watch(user(&file));
    put(&file, &key("hush-hush"));
    let taken = scene.next();
    let Reload::Taken { changed, config, .. } = &taken else { panic!("it is right") };
    assert_eq!(*changed, [path("models.providers.mine.apiKey")]);
    assert_eq!(config.unredacted(&changed[0]), Some(&"hush-hush".into()));
    put(&file, &format!("{} oops", key("hush")));
    let kept = scene.next();
    assert!(matches!(kept, Reload::Kept { .. }));
    let shown = format!("{taken:?} {kept:?} {:?}", scene.watch);
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn a_call_that_panics_loses_no_other() {
    let (_folder, file) = folder();
    let (sender, reloads) = mpsc::channel();
    let mut calls = 0;
    let on_reload = move |reload| {
        calls += 1;
        sender.send(reload).unwrap();
        assert_ne!(calls, 1, "as this test wants");
    };
    let watch = Loader::new(user(&file)).load().config.watch(options(), on_reload).unwrap();
    let scene = Scene { watch, reloads };
    for name in ["a", "b"] {
        put(&file, &region(name));
        scene.becomes(Some(name));
    }
}

#[test]
fn what_changes_during_a_slow_call_is_told_at_once_after_it() {
    let (_folder, file) = folder();
    let (sender, reloads) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let on_reload = move |reload| {
        sender.send(reload).unwrap();
        wait.recv().unwrap();
    };
    let watch = Loader::new(user(&file)).load().config.watch(options(), on_reload).unwrap();
    let scene = Scene { watch, reloads };
    put(&file, &region("a"));
    assert_eq!(scene.changed(), ["models.bedrockDiscovery.region"]);
    // The call has not returned, and it counts already.
    assert_eq!(scene.region().as_deref(), Some("a"));
    put(&file, &region("b"));
    put(&file, &region("c"));
    go_on.send(()).unwrap();
    assert_eq!(scene.changed(), ["models.bedrockDiscovery.region"]);
    assert_eq!(scene.region().as_deref(), Some("c"));
    go_on.send(()).unwrap();
}

#[test]
fn all_threads_may_ask_and_keep_what_they_got() {
    let (_folder, file) = folder();
    put(&file, &region("a"));
    let scene = watch(user(&file));
    let before = scene.watch.current();
    put(&file, &region("b"));
    scene.becomes(Some("b"));
    thread::scope(|scope| {
        let asked = scope.spawn(|| scene.watch.current());
        let after = asked.join().unwrap();
        assert_eq!(after.settings().models.bedrock_discovery.region.as_deref(), Some("b"));
    });
    assert_eq!(before.settings().models.bedrock_discovery.region.as_deref(), Some("a"));
}

#[test]
fn nothing_is_left_when_it_is_dropped() {
    let (_folder, file) = folder();
    let Scene { watch, reloads } = watch(user(&file));
    let bell = Arc::downgrade(&watch.bell);
    bell.upgrade().unwrap().until_idle();
    drop(watch);
    // The thread is gone, and what it called with it.
    assert_eq!(reloads.try_recv().unwrap_err(), TryRecvError::Disconnected);
    // The one that listens ends by itself, and drops what it holds.
    let deadline = Instant::now() + BOUND;
    while bell.strong_count() > 0 {
        assert!(Instant::now() < deadline, "somebody listens still");
        thread::yield_now();
    }
}

#[test]
fn who_drops_it_waits_for_a_call_under_way() {
    let (_folder, file) = folder();
    let (sender, reloads) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let on_reload = move |_| {
        sender.send("begins").unwrap();
        wait.recv().unwrap();
        sender.send("ends").unwrap();
    };
    let watch = Loader::new(user(&file)).load().config.watch(options(), on_reload).unwrap();
    put(&file, &region("a"));
    assert_eq!(reloads.recv_timeout(BOUND), Ok("begins"));
    let bell = Arc::clone(&watch.bell);
    let dropping = thread::spawn(|| drop(watch));
    bell.until_stopped();
    assert_eq!(reloads.try_recv(), Err(TryRecvError::Empty));
    go_on.send(()).unwrap();
    dropping.join().unwrap();
    assert_eq!(reloads.try_recv(), Ok("ends"));
}

#[test]
fn a_call_may_drop_what_calls_it() {
    let (_folder, file) = folder();
    let own: Arc<OnceLock<Mutex<Option<Watch>>>> = Arc::default();
    let (sender, reloads) = mpsc::channel();
    let mine = Arc::clone(&own);
    let on_reload = move |reload| {
        drop(mine.wait().lock().unwrap().take());
        sender.send(reload).unwrap();
    };
    let watch = Loader::new(user(&file)).load().config.watch(options(), on_reload).unwrap();
    own.set(Mutex::new(Some(watch))).unwrap();
    put(&file, &region("a"));
    assert!(matches!(reloads.recv_timeout(BOUND), Ok(Reload::Taken { .. })));
    // It was the last call.
    assert!(reloads.recv_timeout(BOUND).is_err_and(|error| error == mpsc::RecvTimeoutError::Disconnected));
}
