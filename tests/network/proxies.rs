//! Which requests reach the proxy, as whom, and what is said if it does not serve.

use super::{MODEL, address, ask, ask_nearby, assert_says, run_at};
use crate::support::proxy::{Manners, Proxy};
use crate::support::{Emulator, Home};

/// A host that only the proxy knows: nobody could resolve it.
const PLAIN: &str = "http://bedrock.test";
const ENCRYPTED: &str = "https://bedrock.test";

/// `me:hunter2` of RFC 7617.
const BASIC: &str = "Basic bWU6aHVudGVyMg==";

#[test]
fn both_planes_are_called_through_the_proxy_of_their_scheme() {
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        let emulator = Emulator::start();
        let proxy = Proxy::start(address(&emulator), Manners::Open);
        // The scheme may be left out, and blank variables are none.
        let place = proxy.url().replace("http://", "");
        let variables = [("HTTP_PROXY", " "), ("NO_PROXY", ""), (variable, place.as_str())];
        ask(PLAIN, &variables).succeeds();
        run_at(&Home::new(), &["models", "list", "--json"], PLAIN, &variables).succeeds();
        let seen = proxy.seen();
        assert_eq!(seen.len(), emulator.requests().len(), "{variable}: {seen:?}");
        for path in ["/model/us.amazon.nova-lite-v1%3A0/converse-stream", "/foundation-models"] {
            let url = format!("{PLAIN}{path}");
            assert!(seen.iter().any(|request| request.target.starts_with(&url)), "{variable}: {seen:?}");
        }
        assert!(seen.iter().all(|request| request.method != "CONNECT"), "{seen:?}");
    }
}

#[test]
#[cfg(unix)]
fn hosts_of_the_list_are_called_without_the_proxy() {
    let emulator = Emulator::start();
    let proxy = Proxy::start(address(&emulator), Manners::Open);
    // The address of every interface leads to this machine, without being known as such.
    let endpoint = emulator.endpoint().replace("127.0.0.1", "0.0.0.0");
    let url = proxy.url();
    for (list, proxied) in
        [("", true), ("10.0.0.0/8, .test", true), ("0.0.0.0", false), ("0.0.0.0/8", false), ("*", false)]
    {
        for variable in ["NO_PROXY", "no_proxy"] {
            let before = (proxy.seen().len(), emulator.requests().len());
            ask(&endpoint, &[("HTTP_PROXY", &url), (variable, list)]).succeeds();
            let after = (proxy.seen().len(), emulator.requests().len());
            let expected = (before.0 + usize::from(proxied), before.1 + 1);
            assert_eq!(after, expected, "{variable}={list}");
        }
    }
}

#[test]
fn this_machine_is_called_without_the_proxy() {
    let emulator = Emulator::start();
    let proxy = Proxy::start(address(&emulator), Manners::Refuses(403));
    let url = proxy.url();
    let proxies = [("HTTP_PROXY", url.as_str()), ("HTTPS_PROXY", &url), ("ALL_PROXY", &url)];
    ask(&emulator.endpoint(), &proxies).succeeds();
    ask(&emulator.endpoint().replace("127.0.0.1", "localhost"), &proxies).succeeds();
    // With a source of credentials that may need a call of its own, the way is another one in the program.
    let home = Home::new();
    let file = home.path().join("credentials");
    let keys = "[dev]\naws_access_key_id = AKIAOUTCROPEMULATOR\naws_secret_access_key = outcrop-emulator-secret-key\n";
    std::io::Write::write_all(&mut std::fs::File::create(&file).unwrap(), keys.as_bytes()).unwrap();
    let run = crate::support::Outcrop::at(&home, ["ask", "-m", MODEL, "--profile", "dev", "Hello"])
        .via(&emulator)
        .env("AWS_SHARED_CREDENTIALS_FILE", &file);
    proxies.iter().fold(run, |run, (name, value)| run.env(name, value)).run().succeeds();
    assert_eq!(emulator.requests().len(), 3);
    assert_eq!(proxy.seen(), []);
}

#[test]
fn user_and_password_are_sent_to_the_proxy_and_shown_to_nobody() {
    let emulator = Emulator::start();
    let proxy = Proxy::start(address(&emulator), Manners::Closed(BASIC));
    let wrong = [proxy.url_for("me:wrong-hunter2"), proxy.url()];
    let right = [proxy.url_for("me:hunter2"), proxy.url_for("m%65:hunter%32")];
    let outcomes = right.iter().map(|url| (url, 0)).chain(wrong.iter().map(|url| (url, 9)));
    for (url, code) in outcomes {
        for mode in [&["-vvv"][..], &["-vvv", "--json"]] {
            let command = [&["ask", "-m", MODEL, "Hello"], mode].concat();
            let before = (proxy.seen().len(), emulator.requests().len());
            let run = run_at(&Home::new(), &command, PLAIN, &[("HTTP_PROXY", url)]).exits_with(code);
            let place = url.rsplit_once('@').map_or(url.strip_prefix("http://").unwrap(), |(_, place)| place);
            assert!(run.stderr.contains("DEBUG") && run.stderr.contains(place), "{}", run.stderr);
            for secret in ["hunter", "bWU6"] {
                let shown = run.stderr.contains(secret) || run.stdout.contains(secret);
                assert!(!shown, "{url}: {}{}", run.stdout, run.stderr);
            }
            let after = (proxy.seen().len(), emulator.requests().len());
            assert_eq!(after, (before.0 + 1, before.1 + usize::from(code == 0)), "{url}: {}", run.stderr);
        }
    }
    let tokens: Vec<_> = emulator.requests().iter().map(|request| request["auth"].clone()).collect();
    assert_eq!(tokens, ["sigV4"; 4], "the proxy changes nothing that is signed");
}

#[test]
fn a_proxy_that_does_not_serve_is_named_with_what_can_be_done() {
    let emulator = Emulator::start();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{nobody}");
    let once = "models.providers.\"amazon-bedrock\".retry.attempts=1";
    let command = ["ask", "-m", MODEL, "Hello", "--json", "--set", once];
    let check = |endpoint: &str, variable: &str, url: &str, words: &[&str]| {
        let run = run_at(&Home::new(), &command, endpoint, &[(variable, url)]).exits_with(9);
        let error = &run.error_json()["error"];
        assert_eq!(error["kind"], "Network", "{error}");
        let place = url.rsplit_once('@').map_or(url, |(_, place)| place);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(place) && message.contains(variable), "{error}");
        for word in words {
            assert!(error.to_string().contains(word), "`{word}` is missing: {error}");
        }
    };
    for (status, words) in [
        (407, &["asks for a user name and password", "user:password@host"][..]),
        (403, &["refuses to connect", "NO_PROXY"]),
        (502, &["refuses to connect", "NO_PROXY"]),
    ] {
        let proxy = Proxy::start(address(&emulator), Manners::Refuses(status));
        check(ENCRYPTED, "HTTPS_PROXY", &proxy.url(), words);
        let [seen] = &proxy.seen()[..] else { panic!("one try is enough: {:?}", proxy.seen()) };
        assert_eq!((&*seen.method, &*seen.target), ("CONNECT", "bedrock.test:443"));
    }
    let proxy = Proxy::start(address(&emulator), Manners::Refuses(407));
    check(PLAIN, "HTTP_PROXY", &proxy.url(), &["asks for a user name and password"]);
    let words = &["does not accept the user name and password"];
    check(ENCRYPTED, "ALL_PROXY", &proxy.url_for("me:hunter2"), words);
    check(PLAIN, "ALL_PROXY", &proxy.url_for("me:hunter2"), words);
    assert_eq!(proxy.seen().len(), 3, "one try is enough");
    check(ENCRYPTED, "HTTPS_PROXY", &nobody, &["cannot be reached", "NO_PROXY"]);
    check(PLAIN, "http_proxy", &nobody, &["cannot be reached", "NO_PROXY"]);
    assert_eq!(emulator.requests().len(), 0);
}

#[test]
fn what_is_no_proxy_is_a_mistake_and_no_direct_connection() {
    let emulator = Emulator::start();
    for (variable, value) in [
        ("HTTPS_PROXY", "http://me:hunter2@proxy.test:port"),
        ("HTTP_PROXY", "http://me:hun#ter2@proxy.test:3128"),
        ("ALL_PROXY", "socks5://me:hunter2@127.0.0.1:1080"),
    ] {
        for endpoint in [PLAIN, ENCRYPTED] {
            let run = ask(endpoint, &[(variable, value)]).exits_with(3);
            assert_says(&run, &[&format!("`{variable}`"), "http://proxy.example.com:3128"]);
            assert!(!run.stderr.contains("hunter2") && !run.stderr.contains("ter2"), "{}", run.stderr);
        }
        // What is not needed takes nothing down.
        ask_nearby(&emulator, &[(variable, value)]).succeeds();
    }
    assert_eq!(emulator.requests().len(), 3);
}
