//! Requests that this process makes of itself: the same routes as those of a server, without a port.

use actix_http::Request;
use actix_http::error::PayloadError;
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{AppConfig, Payload, ServiceResponse};
use actix_web::http::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::{Error, web};
use bytes::Bytes;
use futures::future::LocalBoxFuture;
use futures::{FutureExt, stream};

use super::{State, app};

type Answering = Box<dyn Fn(Request) -> LocalBoxFuture<'static, Result<ServiceResponse<BoxBody>, Error>>>;

/// Answers requests as a server with that state would.
pub(crate) struct InProcess(Answering);

/// What was answered.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl InProcess {
    /// `None` when a route cannot be made, which a server would not start with either.
    pub(crate) async fn new(state: web::Data<State>) -> Option<Self> {
        let service = app(state).into_factory().new_service(AppConfig::default()).await.ok()?;
        Some(Self(Box::new(move |request| {
            let answer = service.call(request);
            async move { Ok(answer.await?.map_into_boxed_body()) }.boxed_local()
        })))
    }

    /// Carries a request out to its end.
    pub(crate) async fn answer(
        &self,
        method: Method,
        uri: Uri,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Bytes,
    ) -> Answered {
        let length = body.len();
        let payload: actix_http::BoxedPayloadStream =
            Box::pin(stream::once(async move { Ok::<_, PayloadError>(body) }));
        let mut request = Request::with_payload(Payload::Stream { payload });
        let head = request.head_mut();
        (head.method, head.uri) = (method, uri);
        head.headers.insert(HOST, HeaderValue::from_static("localhost"));
        head.headers.insert(actix_web::http::header::CONTENT_LENGTH, HeaderValue::from(length));
        for (name, value) in headers {
            head.headers.insert(name, value);
        }
        match (self.0)(request).await {
            Ok(answer) => read(answer).await,
            Err(error) => Answered::refused(&error),
        }
    }
}

async fn read(answer: ServiceResponse<impl MessageBody>) -> Answered {
    let (_, response) = answer.into_parts();
    let (head, body) = response.into_parts();
    match to_bytes(body).await {
        Ok(body) => Answered { status: head.status(), headers: head.headers().clone(), body },
        Err(error) => {
            let error: Box<dyn std::error::Error> = error.into();
            tracing::error!(%error, "answer.not_read");
            Answered::refused(&super::problem::Problem::Internal.into())
        }
    }
}

impl Answered {
    fn refused(error: &Error) -> Self {
        let status = error.as_response_error().status_code();
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }
}
