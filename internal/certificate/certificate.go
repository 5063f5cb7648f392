// Package certificate makes the papers that prove a sign-off, or a finished
// approval: PDF files with a digital signature, of our own making, as they are
// text, lines and one code. What a paper says was recorded in the change that it
// proves; that it is made afterwards changes nothing of it.
//
// A paper is kept under the same permission as what it is about.
package certificate

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/jobs"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// Options of New; all are required.
type Options struct {
	Portal  *portal.Portal
	Blobs   blob.Store
	Signer  *Signer
	BaseURL string // of the pages
}

// Maker makes certificates.
type Maker struct{ Options }

// New returns a Maker.
func New(o Options) *Maker { return &Maker{o} }

// How long one may take, and how often those are taken up that were not made.
const (
	within = time.Minute
	missed = 30 * time.Minute
	batch  = 100
)

// Register has the maker do its jobs.
func (m *Maker) Register(j *jobs.Jobs) {
	jobs.Handle(j, portal.MakeCertificate, func(ctx context.Context, c portal.CertificateJob) error { return m.Make(ctx, c.Certificate) }, jobs.Within(within))
	j.Every("make_certificates", missed, m.Sweep)
}

// Sweep makes those that were left, because the storage was not there.
func (m *Maker) Sweep(ctx context.Context) error {
	ids, err := m.Portal.UnmadeCertificates(ctx, m.Portal.Now().Add(-missed), batch)
	for _, id := range ids {
		if err == nil {
			err = m.Make(ctx, id)
		}
	}
	return err
}

// Address is where anybody can check a certificate.
func (m *Maker) Address(c portal.Certificate) string {
	return strings.TrimSuffix(m.BaseURL, "/") + "/verify/" + c.Code
}

// Make makes one, unless it is there.
func (m *Maker) Make(ctx context.Context, id portal.CertificateID) error {
	c, err := m.Portal.UnmadeCertificate(ctx, id)
	if errors.Is(err, portal.ErrGone) || errors.Is(err, portal.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	brand, err := m.Portal.Brand(ctx)
	if err != nil {
		return err
	}
	pdf, err := m.Signer.Render(c, m.Address(c), brand.Locale, m.Portal.Now())
	if err != nil {
		return err
	}
	key := blob.NewKey()
	info, err := m.Blobs.Put(ctx, key, bytes.NewReader(pdf), int64(len(pdf)))
	if err != nil {
		return err
	}
	if err = m.Portal.KeepCertificate(ctx, c.ID, string(key), info.SHA256, info.Size); errors.Is(err, portal.ErrGone) {
		return nil
	}
	return err
}
