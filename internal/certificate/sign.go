package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"time"
)

// A Signer signs papers.
type Signer struct {
	key   crypto.Signer
	chain func(name string) ([][]byte, error) // the certificates, DER, its own first
}

// FromFiles is the signer with a key and a certificate that somebody gave the
// workspace: two PEM files. After its own certificate may come those above it.
func FromFiles(certificate, key string) (*Signer, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("the certificate for signing: %w", err)
	}
	k, ok := pair.PrivateKey.(crypto.Signer)
	if _, _, err := algorithms(pair.Leaf.PublicKey); !ok || err != nil {
		return nil, errors.New("the key for signing is neither RSA nor ECDSA")
	}
	return &Signer{k, func(string) ([][]byte, error) { return pair.Certificate, nil }}, nil
}

// FromSecret is the signer with a key of the workspace's own, which comes of a
// secret, the same each time. Nobody but the workspace vouches for it.
func FromSecret(secret []byte) (*Signer, error) {
	for i := byte(0); ; i++ {
		sum := sha256.Sum256(append([]byte{i}, secret...))
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), sum[:])
		if err != nil && i < 255 {
			continue // one of 2^32 is no key
		}
		if err != nil {
			return nil, err
		}
		return &Signer{key, func(name string) ([][]byte, error) {
			public, err := x509.MarshalPKIXPublicKey(key.Public())
			if err != nil {
				return nil, err
			}
			id := sha256.Sum256(public)
			t := &x509.Certificate{SerialNumber: new(big.Int).SetBytes(id[:16]), Subject: pkix.Name{CommonName: name, OrganizationalUnit: []string{"Vitrine"}},
				NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, SubjectKeyId: id[:20]}
			der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
			return [][]byte{der}, err
		}}, nil
	}
}

var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidRSA           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidECDSA         = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

// The parts of a CMS message with one signer, RFC 5652.
type (
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content signedData `asn1:"explicit,tag:0"`
	}
	signedData struct {
		Version      int
		Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
		Encapsulated struct{ Type asn1.ObjectIdentifier }
		Certificates asn1.RawValue
		Signers      []signerInfo `asn1:"set"`
	}
	signerInfo struct {
		Version    int
		Issuer     issuerAndSerial
		Digest     pkix.AlgorithmIdentifier
		Attributes asn1.RawValue
		Algorithm  pkix.AlgorithmIdentifier
		Signature  []byte
	}
	issuerAndSerial struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	attribute struct {
		Type   asn1.ObjectIdentifier
		Values asn1.RawValue
	}
)

func algorithms(public any) (digest, signature pkix.AlgorithmIdentifier, err error) {
	digest = pkix.AlgorithmIdentifier{Algorithm: oidSHA256, Parameters: asn1.NullRawValue}
	switch public.(type) {
	case *ecdsa.PublicKey:
		signature = pkix.AlgorithmIdentifier{Algorithm: oidECDSA}
	case *rsa.PublicKey:
		signature = pkix.AlgorithmIdentifier{Algorithm: oidRSA, Parameters: asn1.NullRawValue}
	default:
		err = errors.New("certificate: a key of an unknown kind")
	}
	return digest, signature, err
}

// set is a DER set of what is given.
func set(values ...[]byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSet, IsCompound: true, Bytes: bytes.Join(values, nil)}
}

// detached is a signature over a hash, as CMS without the content.
func (s *Signer) detached(hash []byte, name string, at time.Time) ([]byte, error) {
	chain, err := s.chain(name)
	if err != nil {
		return nil, err
	}
	own, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, err
	}
	digest, algorithm, err := algorithms(own.PublicKey)
	if err != nil {
		return nil, err
	}
	var encoded [][]byte
	for _, a := range []struct {
		oid   asn1.ObjectIdentifier
		value any
	}{{oidContentType, oidData}, {oidSigningTime, at.UTC().Truncate(time.Second)}, {oidMessageDigest, hash}} { // in the order of their encodings
		value, err := asn1.Marshal(a.value)
		if err != nil {
			return nil, err
		}
		one, err := asn1.Marshal(attribute{a.oid, set(value)})
		if err != nil {
			return nil, err
		}
		encoded = append(encoded, one)
	}
	attributes, err := asn1.Marshal(set(encoded...))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(attributes)
	signature, err := s.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	info := signerInfo{Version: 1, Issuer: issuerAndSerial{asn1.RawValue{FullBytes: own.RawIssuer}, own.SerialNumber}, Digest: digest, Algorithm: algorithm, Signature: signature,
		Attributes: asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: bytes.Join(encoded, nil)}}
	data := signedData{Version: 1, Digests: []pkix.AlgorithmIdentifier{digest}, Signers: []signerInfo{info},
		Certificates: asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: bytes.Join(chain, nil)}}
	data.Encapsulated.Type = oidData
	return asn1.Marshal(contentInfo{oidSignedData, data})
}

// sign puts the signature into the hole of a PDF.
func (s *Signer) sign(pdf []byte, hole int, name string, at time.Time) error {
	end := hole + 2 + 2*signatureRoom // with its < and >
	place := bytes.LastIndex(pdf[:hole], []byte(rangeRoom))
	if place < 0 || pdf[hole] != '<' || pdf[end-1] != '>' {
		return errors.New("certificate: the signature has no place")
	}
	copy(pdf[place:], fmt.Sprintf("[0 %010d %010d %010d]", hole, end, len(pdf)-end))
	sum := sha256.New()
	sum.Write(pdf[:hole])
	sum.Write(pdf[end:])
	der, err := s.detached(sum.Sum(nil), name, at)
	if err != nil {
		return err
	}
	if len(der) > signatureRoom {
		return errors.New("certificate: the signature is too long; leave certificates out of the chain")
	}
	hex.Encode(pdf[hole+1:], der)
	return nil
}

// SignText is the signature over a text, in base64.
func (s *Signer) SignText(text string) (string, error) {
	sum := sha256.Sum256([]byte(text))
	signature, err := s.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	return base64.StdEncoding.EncodeToString(signature), err
}

// SignedText reports whether that is what SignText of this signer said.
func (s *Signer) SignedText(text, signature string) bool {
	b, err := base64.StdEncoding.DecodeString(signature)
	sum := sha256.Sum256([]byte(text))
	return err == nil && s.signed(sum[:], b)
}

var byteRange = regexp.MustCompile(`/ByteRange \[0 (\d{10}) (\d{10}) (\d{10})\]`)

// Signed reports whether a PDF is one that this signer signed, to the last byte.
func (s *Signer) Signed(pdf []byte) bool {
	m := byteRange.FindSubmatch(pdf)
	if m == nil {
		return false
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(string(m[i+1]))
	}
	hole, end := n[0], n[1]
	if hole < 1 || end <= hole+2 || end > len(pdf) || end+n[2] != len(pdf) || pdf[hole] != '<' || pdf[end-1] != '>' {
		return false
	}
	der := make([]byte, hex.DecodedLen(end-hole-2))
	if _, err := hex.Decode(der, pdf[hole+1:end-1]); err != nil {
		return false
	}
	var info contentInfo
	rest, err := asn1.Unmarshal(der, &info)
	if err != nil || len(bytes.Trim(rest, "\x00")) > 0 || len(info.Content.Signers) != 1 {
		return false
	}
	sum := sha256.New()
	sum.Write(pdf[:hole])
	sum.Write(pdf[end:])
	return s.verify(info.Content.Signers[0], sum.Sum(nil))
}

func (s *Signer) verify(info signerInfo, hash []byte) bool {
	signs := false
	for rest := info.Attributes.Bytes; len(rest) > 0; {
		var a attribute
		var err error
		if rest, err = asn1.Unmarshal(rest, &a); err != nil {
			return false
		}
		var value []byte
		if a.Type.Equal(oidMessageDigest) {
			if _, err := asn1.Unmarshal(a.Values.Bytes, &value); err != nil || !bytes.Equal(value, hash) {
				return false
			}
			signs = true
		}
	}
	attributes, err := asn1.Marshal(set(info.Attributes.Bytes))
	if !signs || err != nil {
		return false
	}
	sum := sha256.Sum256(attributes)
	return s.signed(sum[:], info.Signature)
}

// signed reports whether a signature over a hash is of this signer's key.
func (s *Signer) signed(sum, signature []byte) bool {
	switch k := s.key.Public().(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, sum, signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, sum, signature) == nil
	}
	return false
}
