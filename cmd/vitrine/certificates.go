package main

import (
	"fmt"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/certificate"
	"github.com/vitrine-portal/vitrine/internal/config"
)

// signer signs certificates: with the key that the configuration names, or one
// that comes of the server key.
func (h *house) signer() (*certificate.Signer, error) {
	switch c, k := h.cfg.SignCertificate, h.cfg.SignKey; {
	case c == "" && k == "":
		return certificate.FromSecret([]byte(h.accounts.Token(account.PurposeCertificate, "signer")))
	case c == "" || k == "":
		return nil, &mendable{"sign-certificate and sign-key go together: one of them is missing."}
	default:
		s, err := certificate.FromFiles(c, k)
		if err != nil {
			err = &mendable{fmt.Sprintf("certificates cannot be signed: %v.", err)}
		}
		return s, err
	}
}

// papers makes certificates.
func (h *house) papers(s *certificate.Signer, cfg *config.Config) *certificate.Maker {
	return certificate.New(certificate.Options{Portal: h.portal, Blobs: h.blobs, Signer: s, BaseURL: baseURL(cfg)})
}
