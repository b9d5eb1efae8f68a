//! Which variable names the proxy of which request, and what is no proxy.

use outcrop_core::ErrorKind;

use super::*;

const PROXY: &str = "http://proxy.example.com:3128";

type Variables<'a> = &'a [(&'a str, &'a str)];

/// The address of the proxy for a request, and the variable that names it.
fn route(variables: Variables<'_>, destination: &str) -> Option<(String, &'static str)> {
    let proxies = Proxies::read(&variables.iter().copied().collect()).unwrap();
    proxies.of(&destination.parse().unwrap()).map(|proxy| (proxy.name.address.clone(), proxy.name.variable))
}

#[test]
fn each_scheme_has_its_variables() {
    const OTHER: &str = "http://other.example.com:1";
    let (http, https) = ("http://bedrock.test", "https://bedrock.test");
    let cases: &[(Variables<'_>, &str, Option<&str>)] = &[
        (&[], https, None),
        (&[("HTTPS_PROXY", PROXY)], https, Some("HTTPS_PROXY")),
        (&[("HTTPS_PROXY", PROXY)], http, None),
        (&[("https_proxy", PROXY)], https, Some("https_proxy")),
        (&[("HTTPS_PROXY", PROXY), ("https_proxy", OTHER)], https, Some("HTTPS_PROXY")),
        (&[("HTTPS_PROXY", " "), ("https_proxy", PROXY)], https, Some("https_proxy")),
        (&[("HTTP_PROXY", PROXY)], http, Some("HTTP_PROXY")),
        (&[("HTTP_PROXY", PROXY)], https, None),
        (&[("http_proxy", PROXY)], http, Some("http_proxy")),
        (&[("HTTP_PROXY", ""), ("HTTPS_PROXY", " ")], http, None),
        (&[("ALL_PROXY", PROXY)], http, Some("ALL_PROXY")),
        (&[("ALL_PROXY", PROXY)], https, Some("ALL_PROXY")),
        (&[("all_proxy", PROXY)], https, Some("all_proxy")),
        (&[("ALL_PROXY", OTHER), ("https_proxy", PROXY)], https, Some("https_proxy")),
        // What the caller of a CGI program sends in a header says nothing.
        (&[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", PROXY)], http, None),
        (&[("REQUEST_METHOD", "GET"), ("HTTPS_PROXY", PROXY)], https, Some("HTTPS_PROXY")),
    ];
    for (variables, destination, expected) in cases {
        let expected = expected.map(|variable| (PROXY.to_owned(), variable));
        assert_eq!(route(variables, destination), expected, "{variables:?} {destination}");
    }
}

#[test]
fn hosts_without_proxy_are_names_with_subdomains_addresses_networks_or_all() {
    let cases = [
        ("", "https://bedrock.test", true),
        (" , ", "https://bedrock.test", true),
        ("bedrock.test", "https://bedrock.test", false),
        ("bedrock.test", "https://BEDROCK.test:8443/model", false),
        ("bedrock.test", "https://eu.bedrock.test", false),
        ("bedrock.test", "https://mybedrock.test", true),
        (".test", "https://bedrock.test", false),
        ("test", "https://bedrock.test", false),
        ("*.test", "https://bedrock.test", false),
        ("a.example, bedrock.test", "https://bedrock.test", false),
        ("a.example bedrock.test", "https://bedrock.test", false),
        ("a.example", "https://bedrock.test", true),
        ("*", "https://bedrock.test", false),
        ("a.example,*", "https://192.0.2.1", false),
        ("192.0.2.1", "https://192.0.2.1", false),
        ("192.0.2.0/24", "https://192.0.2.1", false),
        ("192.0.2.0/24", "https://192.0.3.1", true),
        ("2001:db8::/32", "https://[2001:db8::1]", false),
    ];
    for (list, destination, proxied) in cases {
        for variable in NO_PROXY {
            let variables = [("HTTPS_PROXY", PROXY), (variable, list)];
            assert_eq!(route(&variables, destination).is_some(), proxied, "{variable}={list} {destination}");
        }
    }
}

#[test]
fn this_machine_and_metadata_services_are_never_behind_a_proxy() {
    for host in [
        "localhost",
        "api.localhost",
        "127.0.0.1:4566",
        "127.9.9.9",
        "[::1]:80",
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[fd00:ec2::23]",
    ] {
        for scheme in ["http", "https"] {
            let destination = format!("{scheme}://{host}/latest");
            assert_eq!(route(&[("ALL_PROXY", PROXY)], &destination), None, "{destination}");
            // Nor does a list of the user's own replace that.
            let variables = [("ALL_PROXY", PROXY), ("NO_PROXY", "example.com")];
            assert_eq!(route(&variables, &destination), None, "{destination}");
        }
    }
}

#[test]
fn addresses_are_read_as_all_clients_read_them_and_told_without_passwords() {
    for (value, address) in [
        ("proxy.example.com:3128", "http://proxy.example.com:3128"),
        ("proxy.example.com", "http://proxy.example.com"),
        ("http://proxy.example.com:3128/", "http://proxy.example.com:3128"),
        ("https://proxy.example.com", "https://proxy.example.com"),
        ("http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128"),
        ("http://me:hunter2@proxy.example.com:3128", "http://proxy.example.com:3128"),
        ("me:hunter%402@proxy.example.com:3128", "http://proxy.example.com:3128"),
    ] {
        let variables = [("HTTPS_PROXY", value)];
        let found = route(&variables, "https://bedrock.test").map(|(address, _)| address);
        assert_eq!(found.as_deref(), Some(address), "{value}");
        let proxies = Proxies::read(&variables.into_iter().collect()).unwrap();
        assert!(!format!("{proxies:?}").contains("hunter"), "{proxies:?}");
    }
}

#[test]
fn what_is_no_proxy_is_an_error_that_names_the_variable_and_hides_the_password() {
    for (value, words) in [
        ("http://", "no URL"),
        ("http://:3128", "no"),
        ("http://proxy.example.com:99999", "port"),
        ("http://proxy.example.com:", "port"),
        ("http://me:hunter2@proxy example.com", "no URL"),
        ("socks5://me:hunter2@proxy.example.com:1080", "`socks5`"),
        ("ftp://proxy.example.com", "`ftp`"),
        // The rest of the password would be taken for the host, and be asked for by name.
        ("http://me:hun@ter2@proxy.example.com:3128", "`%40`"),
        ("http://me:1/hunter2@proxy.example.com:3128", "`%2F`"),
        ("http://me:1#hunter2@proxy.example.com:3128", "`%23`"),
        ("me:1?hunter2@proxy.example.com", "`%3F`"),
    ] {
        for variable in ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"] {
            let error = Proxies::read(&[(variable, value)].into_iter().collect()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{value}");
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(&format!("`{variable}`")) && shown.contains(words), "{value}: {shown}");
            assert!(!shown.contains("hunter2") && !shown.contains("ter2"), "{value}: {shown}");
            assert!(error.hints().iter().any(|hint| hint.contains(variable)), "{value}: {:?}", error.hints());
        }
    }
    // What is not needed may be wrong.
    let variables = [("HTTP_PROXY", PROXY), ("HTTPS_PROXY", PROXY), ("ALL_PROXY", "socks5://127.0.0.1:1080")];
    assert!(route(&variables, "https://bedrock.test").is_some());
    assert_eq!(route(&[("HTTPS_PROXY", "::"), ("NO_PROXY", "*")], "https://bedrock.test"), None);
}
