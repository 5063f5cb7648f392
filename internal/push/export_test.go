package push

import "crypto/ecdh"

// Seal is seal with a salt and a key that are known.
func Seal(d Device, payload, salt, private []byte) ([]byte, error) {
	own, err := ecdh.P256().NewPrivateKey(private)
	if err != nil {
		return nil, err
	}
	return seal(d, payload, [16]byte(salt), own)
}
