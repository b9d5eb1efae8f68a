//! The limit on making a connection, and what is said when it is reached.

use std::net::TcpListener;

use super::{MODEL, assert_says, run_at};
use crate::support::Home;

#[test]
fn who_takes_the_connection_and_says_nothing_is_given_up_with_the_setting_to_raise() {
    // The system accepts connections, and nobody speaks on them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let home = Home::new();
    let run = |endpoint: &str, variables: &[(&str, &str)]| {
        let limit = [("OUTCROP_TIMEOUT_CONNECT", "0.1"), ("OUTCROP_RETRY_ATTEMPTS", "1")];
        let variables = [&limit, variables].concat();
        run_at(&home, &["ask", "-m", MODEL, "Hello"], endpoint, &variables).exits_with(9)
    };
    assert_says(
        &run(&format!("https://{address}"), &[]),
        &["there was no connection within 0.1 s", "`timeouts.connect`", &address.to_string()],
    );
    let proxy = format!("http://{address}");
    assert_says(
        &run("https://bedrock.test", &[("HTTPS_PROXY", &proxy)]),
        &[
            &format!("there was no connection within 0.1 s through the proxy `{proxy}` (`HTTPS_PROXY`)"),
            "`timeouts.connect`",
        ],
    );
}
