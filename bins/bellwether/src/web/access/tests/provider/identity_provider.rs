//! An OpenID Connect provider over real HTTP, which signs what it is told to, also what no provider should.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::Utc;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, PublicKeyComponents};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(super) const CLIENT: &str = "bellwether-of-tests";
pub(super) const SECRET: &str = "a secret of tests";

// Its addresses are none of this program, whose routes are told by their words in the sources.
const DISCOVERY: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/keys";
const TOKEN: &str = "/token";

/// A key that signs for the tests alone.
const RSA_KEY: &str = include_str!("rsa-key-of-tests.txt");

/// How it signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signs {
    Es256,
    Rs256,
    /// By the client's secret, as a key of its own.
    Hs256,
    /// Not at all.
    None,
    /// With another key than the one that it publishes.
    Forged,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Nothing,
    /// It calls itself something else.
    LiesAboutItself,
    NoKeys,
    /// It sends askers elsewhere.
    Redirects,
    /// It never stops answering.
    TooLong,
    TokenFails,
    TokenIsNone,
    /// Its pages are nowhere safe.
    PlainHttp,
}

/// What a browser brought to it.
#[derive(Debug, Clone)]
struct Asked {
    nonce: String,
    challenge: String,
}

type Change = Box<dyn Fn(&mut Value) + Send>;

pub(super) struct Script {
    pub(super) signs: Signs,
    pub(super) trouble: Trouble,
    /// Whom it says that it knows.
    pub(super) person: Value,
    /// What it says otherwise.
    pub(super) change: Change,
    /// How often it was asked for its keys.
    pub(super) keys_asked: usize,
    key: EcdsaKeyPair,
    key_id: String,
    codes: HashMap<String, Asked>,
}

pub(super) struct IdentityProvider {
    pub(super) address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

fn new_key() -> EcdsaKeyPair {
    let (random, how) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let document = EcdsaKeyPair::generate_pkcs8(how, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &random).expect("the same key")
}

fn rsa_key() -> RsaKeyPair {
    let text: String = RSA_KEY.split_whitespace().collect();
    RsaKeyPair::from_der(&BASE64_STANDARD.decode(text).expect("base64")).expect("a key")
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Script {
    /// The public keys; the ids tell which is which.
    fn keys(&self) -> Value {
        let (_, point) = self.key.public_key().as_ref().split_first().expect("uncompressed");
        let (x, y) = point.split_at(32);
        let rsa = PublicKeyComponents::<Vec<u8>>::from(rsa_key().public());
        json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.key_id, "x": encoded(x), "y": encoded(y) },
            { "kty": "RSA", "use": "sig", "kid": "rsa", "n": encoded(rsa.n), "e": encoded(rsa.e) },
        ] })
    }

    fn signed(&self, claims: &Value) -> String {
        let (algorithm, key_id) = match self.signs {
            Signs::Es256 | Signs::Forged => ("ES256", self.key_id.as_str()),
            Signs::Rs256 => ("RS256", "rsa"),
            Signs::Hs256 => ("HS256", self.key_id.as_str()),
            Signs::None => ("none", self.key_id.as_str()),
        };
        let head = json!({ "alg": algorithm, "typ": "JWT", "kid": key_id }).to_string();
        let text = format!("{}.{}", encoded(head), encoded(claims.to_string()));
        let random = SystemRandom::new();
        let by_curve =
            |key: &EcdsaKeyPair| key.sign(&random, text.as_bytes()).expect("signed").as_ref().to_vec();
        let signature = match self.signs {
            Signs::Es256 => by_curve(&self.key),
            Signs::Forged => by_curve(&new_key()),
            Signs::Rs256 => {
                let key = rsa_key();
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).expect("signed");
                signature
            }
            Signs::Hs256 => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
                ring::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
            Signs::None => Vec::new(),
        };
        format!("{text}.{}", encoded(signature))
    }
}

struct Served {
    script: Arc<Mutex<Script>>,
    issuer: String,
}

fn json_of(value: &Value) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(value.to_string())
}

async fn discovery(served: web::Data<Served>) -> HttpResponse {
    let trouble = served.script.lock().expect("no panic").trouble;
    let issuer = &served.issuer;
    let named = if trouble == Trouble::LiesAboutItself { "https://other.example.org" } else { issuer };
    let pages = if trouble == Trouble::PlainHttp { "http://192.0.2.1" } else { issuer };
    match trouble {
        Trouble::Redirects => {
            HttpResponse::Found().insert_header(("location", format!("{issuer}/elsewhere"))).finish()
        }
        Trouble::TooLong => {
            HttpResponse::Ok().content_type("application/json").body(vec![b' '; (512 << 10) + 1])
        }
        _ => json_of(&json!({
            "issuer": named,
            "authorization_endpoint": format!("{pages}/authorize"),
            "token_endpoint": format!("{issuer}{TOKEN}"),
            "jwks_uri": format!("{issuer}{KEYS}"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        })),
    }
}

async fn keys(served: web::Data<Served>) -> HttpResponse {
    let mut script = served.script.lock().expect("no panic");
    script.keys_asked += 1;
    match script.trouble {
        Trouble::NoKeys => HttpResponse::InternalServerError().body("out of order"),
        _ => json_of(&script.keys()),
    }
}

async fn token(
    served: web::Data<Served>,
    request: HttpRequest,
    form: web::Form<HashMap<String, String>>,
) -> HttpResponse {
    let script = served.script.lock().expect("no panic");
    if script.trouble == Trouble::TokenFails {
        return HttpResponse::InternalServerError().body("out of order");
    }
    let refused = |why: &str| {
        let body = json!({ "error": "invalid_grant", "error_description": why });
        HttpResponse::BadRequest().content_type("application/json").body(body.to_string())
    };
    let authorization = request.headers().get("authorization").and_then(|told| told.to_str().ok());
    let expected =
        format!("Basic {}", BASE64_STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+"))));
    if authorization != Some(&expected) {
        return refused("this is not the client");
    }
    // It forgets no code, as a provider should: that a return counts once is not its doing.
    let Some(asked) = form.get("code").and_then(|code| script.codes.get(code)) else {
        return refused("there is no such code");
    };
    let verifier = form.get("code_verifier").map(String::as_str).unwrap_or_default();
    if encoded(Sha256::digest(verifier)) != asked.challenge {
        return refused("somebody else asked for it");
    }
    let now = Utc::now().timestamp();
    let mut claims = json!({
        "iss": served.issuer,
        "aud": CLIENT,
        "iat": now,
        "exp": now + 300,
        "nonce": asked.nonce,
    });
    for (name, value) in script.person.as_object().expect("claims") {
        claims[name] = value.clone();
    }
    (script.change)(&mut claims);
    let mut told = json!({ "access_token": "of no use here", "token_type": "Bearer" });
    if script.trouble != Trouble::TokenIsNone {
        told["id_token"] = json!(script.signed(&claims));
    }
    json_of(&told)
}

impl IdentityProvider {
    /// One that knows somebody.
    pub(super) fn start(person: Value) -> Self {
        let script = Arc::new(Mutex::new(Script {
            signs: Signs::Es256,
            trouble: Trouble::Nothing,
            person,
            change: Box::new(|_| ()),
            keys_asked: 0,
            key: new_key(),
            key_id: "first".to_owned(),
            codes: HashMap::new(),
        }));
        let listener = crate::web::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let address = listener.local_addr().expect("bound");
        let served = web::Data::new(Served { script: Arc::clone(&script), issuer: issuer_at(address) });
        let server = HttpServer::new(move || {
            App::new()
                .app_data(served.clone())
                .route(DISCOVERY, web::get().to(discovery))
                .route(KEYS, web::get().to(keys))
                .route(TOKEN, web::post().to(token))
        });
        let server = server.workers(1).disable_signals().listen(listener).expect("a server");
        actix_web::rt::spawn(server.run());
        Self { address, script }
    }

    pub(super) fn issuer(&self) -> String {
        issuer_at(self.address)
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("no panic")
    }

    /// It signs with another key from now on.
    pub(super) fn change_key(&self) {
        let mut script = self.script();
        (script.key, script.key_id) = (new_key(), format!("{}-after", script.key_id));
    }

    /// What it does with a browser that comes by an address: it sends it back with a code, to the path told.
    pub(super) fn visited(&self, address: &str) -> String {
        let url = reqwest::Url::parse(address).expect("an address");
        assert!(address.starts_with(&format!("{}/authorize?", self.issuer())), "{address}");
        let given: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(given["response_type"], "code");
        assert_eq!(given["client_id"], CLIENT);
        assert_eq!(given["code_challenge_method"], "S256");
        assert_eq!(given["redirect_uri"], "https://portfolio.example.org/sign-in/oidc/callback");
        assert!(given["scope"].split(' ').any(|scope| scope == "openid"), "{given:?}");
        let mut script = self.script();
        let code = format!("code-{}", script.codes.len());
        let asked = Asked { nonce: given["nonce"].clone(), challenge: given["code_challenge"].clone() };
        script.codes.insert(code.clone(), asked);
        format!("/sign-in/oidc/callback?code={code}&state={}", given["state"])
    }
}

fn issuer_at(address: SocketAddr) -> String {
    format!("http://{address}")
}
