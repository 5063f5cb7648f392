// Package push sends web pushes: encrypted for one browser (RFC 8291), in the
// name of one portal (RFC 8292), through the push service that the browser chose
// (RFC 8030). The service learns when something is sent and how long it is, and
// nothing of what it says.
package push

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// A Device is a browser that takes pushes, as it said itself.
type Device struct {
	Endpoint string // at its push service
	Key      []byte // its public key, an uncompressed point of P-256
	Auth     []byte // 16 bytes that it shares with us
}

// MaxPayload is how much one push may say.
const MaxPayload = 3000

var (
	// ErrGone says that the device takes no pushes any more, or none of ours.
	ErrGone = errors.New("push: the device is gone")
	// ErrUnfit says that this push will not be taken however often it is sent.
	ErrUnfit = errors.New("push: it is not taken")
)

// Temporary means: try again, not before a while.
type Temporary struct {
	Status int // of the answer; 0: there was none
	Wait   time.Duration
	Err    error // why there was none
}

func (e *Temporary) Error() string { return "push: status " + strconv.Itoa(e.Status) }
func (e *Temporary) Unwrap() error { return e.Err }

// A Pusher sends in the name of one portal. It may be used by several goroutines.
type Pusher struct {
	client  *http.Client
	key     *ecdsa.PrivateKey
	public  string
	subject string
}

// New returns a pusher with the key that comes of a secret, the same each time.
// The subject is where a push service finds whoever runs the portal: an https
// address, or mailto.
func New(secret []byte, subject string, client *http.Client) (*Pusher, error) {
	for i := byte(0); ; i++ {
		sum := sha256.Sum256(append([]byte{i}, secret...))
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), sum[:])
		if err != nil {
			if i == 255 {
				return nil, err
			}
			continue // one of 2^32 is no key
		}
		public, err := key.PublicKey.ECDH()
		if err != nil {
			return nil, err
		}
		return &Pusher{client, key, text(public.Bytes()), subject}, nil
	}
}

// Public is the key by which browsers know the portal.
func (p *Pusher) Public() string { return p.public }

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Send hands a payload of at most MaxPayload bytes to the device's push service.
// The error is ErrGone, ErrUnfit or *Temporary.
func (p *Pusher) Send(ctx context.Context, d Device, payload []byte) error {
	var salt [16]byte
	rand.Read(salt[:]) // never fails
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	body, err := seal(d, payload, salt, own)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Endpoint, bytes.NewReader(body))
	if err != nil {
		return ErrGone
	}
	name, err := p.vapid(r.URL)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", name)
	r.Header.Set("Content-Encoding", "aes128gcm")
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("TTL", "86400")
	r.Header.Set("Urgency", "normal")
	r.Header.Set("Topic", "notices") // a newer one takes the place of one that still waits
	resp, err := p.client.Do(r)
	if err != nil {
		return &Temporary{Err: err}
	}
	defer resp.Body.Close()
	io.CopyN(io.Discard, resp.Body, 4096) // so that the connection can be used again
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusNotFound, code == http.StatusGone, code == http.StatusUnauthorized, code == http.StatusForbidden:
		return ErrGone
	case code == http.StatusTooManyRequests, code >= 500:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return &Temporary{Status: code, Wait: time.Duration(min(max(seconds, 0), 24*3600)) * time.Second}
	default: // a redirect too
		return ErrUnfit
	}
}

// vapid says who sends, to one push service, for half a day.
func (p *Pusher) vapid(to *url.URL) (string, error) {
	claims, err := json.Marshal(map[string]any{"aud": to.Scheme + "://" + to.Host, "exp": time.Now().Add(12 * time.Hour).Unix(), "sub": p.subject})
	if err != nil {
		return "", err
	}
	signed := text([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + text(claims)
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	if err != nil {
		return "", err
	}
	var signature [64]byte
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return "vapid t=" + signed + "." + text(signature[:]) + ", k=" + p.public, nil
}

// seal encrypts for a device, in one record.
func seal(d Device, payload []byte, salt [16]byte, own *ecdh.PrivateKey) ([]byte, error) {
	const record = 4096
	if len(payload) > MaxPayload {
		return nil, errors.New("too long")
	}
	theirs, err := ecdh.P256().NewPublicKey(d.Key)
	if err != nil {
		return nil, err
	}
	shared, err := own.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	ours := own.PublicKey().Bytes()
	key, nonce, err := keys(shared, d.Auth, d.Key, ours, salt[:])
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	out := append([]byte(nil), salt[:]...)
	out = binary.BigEndian.AppendUint32(out, record)
	out = append(append(out, byte(len(ours))), ours...)
	return gcm.Seal(out, nonce, append(append([]byte(nil), payload...), 2), nil), nil // 2: the last record
}

// keys derives what a message is encrypted with (RFC 8291, 3.4).
func keys(shared, auth, theirs, ours, salt []byte) (key, nonce []byte, err error) {
	secret, err := hkdf.Key(sha256.New, shared, auth, "WebPush: info\x00"+string(theirs)+string(ours), 32)
	if err != nil {
		return nil, nil, err
	}
	if key, err = hkdf.Key(sha256.New, secret, salt, "Content-Encoding: aes128gcm\x00", 16); err != nil {
		return nil, nil, err
	}
	nonce, err = hkdf.Key(sha256.New, secret, salt, "Content-Encoding: nonce\x00", 12)
	return key, nonce, err
}
