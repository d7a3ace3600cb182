//! Which certificates of servers are accepted.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

/// Decides about certificates. That the server has the key of its certificate is always verified.
#[derive(Debug)]
pub(super) struct Verifier {
    accepted: Accepted,
    provider: Arc<CryptoProvider>,
}

/// Which certificates are accepted.
#[derive(Debug)]
enum Accepted {
    /// All, as `--no-check` asks for.
    Any,
    /// Certificates that a trusted one has signed, and those that are trusted themselves.
    ///
    /// `openssl req -x509` makes a certificate that may sign others. `WebPKI` does not accept it as that of a server, even if it is
    /// trusted, and other programs do.
    Trusted {
        signed: Arc<WebPkiServerVerifier>,
        themselves: Vec<CertificateDer<'static>>,
    },
}

impl Verifier {
    /// Accepts any certificate.
    pub(super) fn any(provider: Arc<CryptoProvider>) -> Self {
        let accepted = Accepted::Any;
        Self { accepted, provider }
    }

    /// Accepts certificates that `roots` have signed, and those of `themselves`, which are among the roots.
    pub(super) fn trusted(
        roots: RootCertStore,
        themselves: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let roots = Arc::new(roots);
        let signed = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
        let accepted = Accepted::Trusted {
            signed: signed.build()?,
            themselves,
        };
        Ok(Self { accepted, provider })
    }
}

/// Whether a certificate was rejected because it may sign others. Its dates have been checked before.
pub(super) fn may_sign(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(cause))) => {
            cause.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
        }
        _ => false,
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Accepted::Trusted { signed, themselves } = &self.accepted else {
            return Ok(ServerCertVerified::assertion());
        };
        match signed.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(error) if may_sign(&error) && themselves.contains(certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
