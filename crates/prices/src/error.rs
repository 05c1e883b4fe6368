/// Why a provider could not be set up. What happens to single calls is an [`Outcome`](crate::Outcome), not an error.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// The upstream's address is no `http` or `https` URL: correct it.
    #[error("{0:?} is no address of a price service: use a URL such as https://query1.finance.yahoo.com")]
    InvalidUpstream(String),
    /// The HTTP client could not be made, for want of certificates for example.
    #[error("the HTTP client could not be started")]
    Client(#[source] reqwest::Error),
}
