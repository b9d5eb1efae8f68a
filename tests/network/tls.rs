//! Whose certificates are trusted, directly and through a proxy, and what is said about the others.

use super::{MODEL, address, ask, ask_nearby, assert_says, run_at};
use crate::support::proxy::{Manners, Proxy};
use crate::support::tls::{Authority, Valid};
use crate::support::{Emulator, Finished, Home};

/// Asks at an endpoint. The platform trusts the first authority, and the bundle, if there is one, holds the second.
fn ask_trusting(endpoint: &str, platform: &Authority, bundle: Option<&Authority>) -> Finished {
    let home = Home::new();
    let platform = platform.bundle(&home).to_str().unwrap().to_owned();
    let bundle = bundle.map(|authority| authority.bundle(&home).to_str().unwrap().to_owned());
    let command = ["ask", "-m", MODEL, "Hello", "-vv"];
    // How OpenSSL and all who look for its certificates are told what the platform trusts.
    let variables =
        [("SSL_CERT_FILE", platform.as_str()), ("AWS_CA_BUNDLE", bundle.as_deref().unwrap_or(" "))];
    run_at(&home, &command, endpoint, &variables)
}

#[test]
fn a_private_authority_is_trusted_if_the_bundle_says_so_and_nobody_else_then() {
    let emulator = Emulator::start();
    let (ours, other) = (Authority::new(), Authority::new());
    let endpoint = format!("https://localhost:{}", ours.front(address(&emulator), Valid::Now).port());
    for platform in [&ours, &other] {
        ask_trusting(&endpoint, platform, Some(&ours)).succeeds();
        let run = ask_trusting(&endpoint, platform, Some(&other)).exits_with(9);
        assert_says(&run, &["the certificate of the endpoint is not trusted", "AWS_CA_BUNDLE"]);
    }
    ask_trusting(&endpoint, &ours, None).succeeds();
    let run = ask_trusting(&endpoint, &other, None).exits_with(9);
    assert_says(&run, &["the certificate of the endpoint is not trusted", "AWS_CA_BUNDLE"]);
    assert_eq!(emulator.requests().len(), 3, "nothing is sent to whoever is not trusted");
}

#[test]
fn what_is_wrong_with_a_certificate_is_told() {
    let emulator = Emulator::start();
    let ours = Authority::new();
    let good = ours.front(address(&emulator), Valid::Now);
    let old = ours.front(address(&emulator), Valid::LongAgo);
    for (endpoint, words) in [
        (format!("https://{good}"), &["is for another host"][..]),
        (format!("https://localhost:{}", old.port()), &["not valid at this time", "clock"]),
        (emulator.endpoint().replace("http:", "https:"), &["does not speak TLS", "`http://`"]),
    ] {
        let run = ask_trusting(&endpoint, &ours, Some(&ours)).exits_with(9);
        assert_says(&run, words);
    }
    assert_eq!(emulator.requests().len(), 0);
}

#[test]
fn what_is_no_bundle_is_a_mistake_and_not_the_platform_s_trust() {
    let emulator = Emulator::start();
    let (home, ours) = (Home::new(), Authority::new());
    let endpoint = format!("https://localhost:{}", ours.front(address(&emulator), Valid::Now).port());
    let platform = ours.bundle(&home).to_str().unwrap().to_owned();
    let file = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let broken = "-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
    for path in [
        home.path().join("missing.pem").to_str().unwrap().to_owned(),
        home.path().to_str().unwrap().to_owned(),
        file("empty.pem", ""),
        file("text.pem", "no certificates in here"),
        file("broken.pem", broken),
    ] {
        let variables = [("AWS_CA_BUNDLE", path.as_str()), ("SSL_CERT_FILE", &platform)];
        let run = ask(&endpoint, &variables).exits_with(3);
        assert_says(&run, &["`AWS_CA_BUNDLE`", &path, "PEM"]);
        // What is not needed takes nothing down.
        ask_nearby(&emulator, &variables).succeeds();
    }
    assert_eq!(emulator.requests().len(), 5);
    // One certificate that is broken does not spoil the others.
    let good = std::fs::read_to_string(&platform).unwrap();
    ask(&endpoint, &[("AWS_CA_BUNDLE", &file("mixed.pem", &format!("{broken}{good}")))]).succeeds();
}

#[test]
fn a_tunnel_through_the_proxy_is_encrypted_to_the_endpoint() {
    let emulator = Emulator::start();
    let (home, ours) = (Home::new(), Authority::new());
    let bundle = ours.bundle(&home).to_str().unwrap().to_owned();
    let front = ours.front(address(&emulator), Valid::Now);
    let proxy = Proxy::start(front, Manners::Closed("Basic bWU6aHVudGVyMg=="));
    let url = proxy.url_for("me:hunter2");
    for (variable, port) in [("HTTPS_PROXY", 443), ("https_proxy", 443), ("ALL_PROXY", 8443)] {
        let before = proxy.seen().len();
        let endpoint = format!("https://bedrock.test:{port}");
        let variables = [(variable, url.as_str()), ("AWS_CA_BUNDLE", &bundle)];
        ask(&endpoint, &variables).succeeds();
        run_at(&home, &["models", "list", "--json"], &endpoint, &variables).succeeds();
        let seen = proxy.seen().split_off(before);
        assert!(!seen.is_empty());
        for tunnel in seen {
            assert_eq!(
                (tunnel.method, tunnel.target),
                ("CONNECT".to_owned(), format!("bedrock.test:{port}"))
            );
            assert!(tunnel.authorization.is_some());
        }
    }
    assert_eq!(emulator.requests_of("ConverseStream").len(), 3);

    // Without trust in the endpoint, a tunnel is as useless as a direct connection, and the proxy is not to blame.
    let other = Authority::new().bundle(&home);
    let variables = [("HTTPS_PROXY", url.as_str()), ("AWS_CA_BUNDLE", other.to_str().unwrap())];
    let run = ask("https://bedrock.test", &variables).exits_with(9);
    assert_says(&run, &["the certificate of the endpoint is not trusted", "AWS_CA_BUNDLE"]);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
}

#[test]
fn a_proxy_may_speak_tls_itself() {
    let emulator = Emulator::start();
    let (home, ours, other) = (Home::new(), Authority::new(), Authority::new());
    let behind = Proxy::start(address(&emulator), Manners::Open);
    let place: std::net::SocketAddr = behind.url().strip_prefix("http://").unwrap().parse().unwrap();
    let url = format!("https://localhost:{}", ours.front(place, Valid::Now).port());
    let bundle = |authority: &Authority| authority.bundle(&home).to_str().unwrap().to_owned();
    ask("http://bedrock.test", &[("HTTP_PROXY", &url), ("AWS_CA_BUNDLE", &bundle(&ours))]).succeeds();
    assert_eq!(behind.seen().len(), 1);
    for (variable, endpoint) in
        [("HTTP_PROXY", "http://bedrock.test"), ("HTTPS_PROXY", "https://bedrock.test")]
    {
        let run = ask(endpoint, &[(variable, &url), ("AWS_CA_BUNDLE", &bundle(&other))]).exits_with(9);
        assert_says(&run, &[&format!("the certificate of the proxy `{url}` (`{variable}`) is not trusted")]);
    }
}
