// Package pushtest is a push service for tests: it speaks HTTP over TLS on a real
// socket, checks who sends, and reads what it takes as a browser would.
package pushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Service takes pushes for the browsers that Browser makes.
type Service struct {
	URL string

	t        testing.TB
	server   *httptest.Server
	mu       sync.Mutex
	browsers map[string]*Browser // by the path of their endpoint
}

// A Browser has a subscription.
type Browser struct {
	Endpoint  string
	Key, Auth string // base64url, as browsers give them

	private *ecdh.PrivateKey
	auth    []byte
	status  []int // of the next answers; then 201
	got     []string
	asked   int
}

// Start lets a service listen until the test ends.
func Start(t testing.TB) *Service {
	t.Helper()
	s := &Service{t: t, browsers: map[string]*Browser{}}
	s.server = httptest.NewTLSServer(http.HandlerFunc(s.take))
	t.Cleanup(s.server.Close)
	s.URL = s.server.URL
	return s
}

// Roots vouch for it.
func (s *Service) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.server.Certificate())
	return pool
}

// Address is where it listens.
func (s *Service) Address() netip.AddrPort {
	return netip.MustParseAddrPort(s.server.Listener.Addr().String())
}

// Browser makes a new subscription. Its next answers have these statuses.
func (s *Service) Browser(status ...int) *Browser {
	s.t.Helper()
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	b := &Browser{private: private, auth: make([]byte, 16), status: status}
	rand.Read(b.auth)
	b.Key, b.Auth = base64.RawURLEncoding.EncodeToString(private.PublicKey().Bytes()), base64.RawURLEncoding.EncodeToString(b.auth)
	s.mu.Lock()
	defer s.mu.Unlock()
	path := fmt.Sprintf("/push/%d", len(s.browsers))
	s.browsers[path] = b
	b.Endpoint = s.URL + path
	return b
}

// Got are the payloads that came for the browser, and how often it was asked.
func (s *Service) Got(b *Browser) (payloads []string, asked int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), b.got...), b.asked
}

func (s *Service) take(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.browsers[r.URL.Path]
	if b == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	b.asked++
	if len(b.status) > 0 {
		status := b.status[0]
		b.status = b.status[1:]
		if status/100 == 3 {
			w.Header().Set("Location", "https://127.0.0.1:1/")
		}
		w.WriteHeader(status)
		return
	}
	if err := sender(r, s.URL); err != nil {
		s.t.Errorf("push: %v", err)
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, 5000))
	payload, err := b.open(body)
	if err != nil || r.Header.Get("Content-Encoding") != "aes128gcm" || r.Header.Get("TTL") == "" {
		s.t.Errorf("push: %v, %v", err, r.Header)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	b.got = append(b.got, string(payload))
	w.WriteHeader(http.StatusCreated)
}

// open reads what was encrypted for the browser, written against RFC 8291 and
// RFC 8188 anew rather than with the code that is tested.
func (b *Browser) open(body []byte) ([]byte, error) {
	if len(body) < 21+65+17 || body[20] != 65 {
		return nil, errors.New("too short")
	}
	salt, ours, sealed := body[:16], body[21:86], body[86:]
	theirs, err := ecdh.P256().NewPublicKey(ours)
	if err != nil {
		return nil, err
	}
	shared, err := b.private.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	prk, err := hkdf.Extract(sha256.New, shared, b.auth)
	if err != nil {
		return nil, err
	}
	ikm, err := hkdf.Expand(sha256.New, prk, "WebPush: info\x00"+string(b.private.PublicKey().Bytes())+string(ours), 32)
	if err != nil {
		return nil, err
	}
	if prk, err = hkdf.Extract(sha256.New, ikm, salt); err != nil {
		return nil, err
	}
	cek, _ := hkdf.Expand(sha256.New, prk, "Content-Encoding: aes128gcm\x00", 16)
	nonce, _ := hkdf.Expand(sha256.New, prk, "Content-Encoding: nonce\x00", 12)
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, err
	}
	end := strings.LastIndexByte(string(plain), 2)
	if end < 0 || strings.Trim(string(plain[end+1:]), "\x00") != "" {
		return nil, errors.New("no end")
	}
	return plain[:end], nil
}

// sender checks who sends (RFC 8292).
func sender(r *http.Request, origin string) error {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "vapid t=")
	token, key, both := strings.Cut(rest, ", k=")
	parts := strings.Split(token, ".")
	if !ok || !both || len(parts) != 3 {
		return errors.New("no sender")
	}
	point, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return err
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return errors.New("no signature")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return errors.New("a wrong signature")
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	var c struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(claims, &c); err != nil {
		return err
	}
	if left := time.Until(time.Unix(c.Exp, 0)); c.Aud != origin || c.Sub == "" || left < time.Minute || left > 24*time.Hour {
		return fmt.Errorf("claims %s", claims)
	}
	return nil
}
