//! Plain requests, for the services of the machine that have no client in the SDK.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::SharedClient;

/// What came of a request, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The `date` header.
    pub(crate) date: Option<String>,
}

/// A GET request; `limit` holds for the connection, for the head of the answer and for its body.
///
/// # Errors
/// If there was no answer.
pub(crate) async fn get(
    client: &SharedClient,
    url: &str,
    headers: &[(&'static str, &str)],
    limit: Duration,
) -> Result<Answer, ConnectorError> {
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(url).map_err(|error| ConnectorError::user(error.into()))?;
    for (name, value) in headers {
        let inserted = request.headers_mut().try_insert(*name, (*value).to_owned());
        inserted.map_err(|error| ConnectorError::user(error.into()))?;
    }
    let settings = HttpConnectorSettings::builder().connect_timeout(limit).read_timeout(limit).build();
    let connector = client.connector(&settings);
    let answer = connector.call(request).await?;
    let status = answer.status().as_u16();
    let date = answer.headers().get("date").map(str::to_owned);
    let body = tokio::time::timeout(limit, ByteStream::new(answer.into_body()).collect()).await;
    let body = body.map_err(|error| ConnectorError::timeout(error.into()))?;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?;
    Ok(Answer { status, body: body.to_vec(), date })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Reply, Server};

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let server =
            Server::new(|_| Reply::Hold("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_owned()));
        let answer = get(&SharedClient::direct(), &server.url(), &[], Duration::from_millis(200)).await;
        assert!(answer.map(|answer| answer.status).unwrap_err().is_timeout());
    }
}
