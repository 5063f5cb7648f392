package config

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// KeyPath is where the server key is, or will be.
func (c *Config) KeyPath() string {
	if c.KeyFile != "" {
		return c.KeyFile
	}
	return filepath.Join(c.Data, "vitrine.key")
}

// LoadKey returns the server key, 32 bytes. Without a key file of its own it is
// vitrine.key in the data directory, which the first start makes; from then on it
// is on disk before LoadKey returns, and of two processes that start at once both
// get the same.
func (c *Config) LoadKey() ([]byte, error) {
	if c.KeyFile != "" {
		return readKey(c.KeyFile, "VITRINE_KEY_FILE")
	}
	path := c.KeyPath()
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		if err := makeKey(path); err != nil {
			return nil, fmt.Errorf("config: making the server key: %w", err)
		}
	}
	return readKey(path, "vitrine.key")
}

// LoadPreviousKey returns the key before the server's, or nil when none is
// named.
func (c *Config) LoadPreviousKey() ([]byte, error) {
	if c.PreviousKeyFile == "" {
		return nil, nil
	}
	return readKey(c.PreviousKeyFile, "VITRINE_PREVIOUS_KEY_FILE")
}

func readKey(path, setting string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &Error{setting, "cannot be read: " + reason(err)}
	}
	if info.Mode().Perm()&0o007 != 0 {
		return nil, &Error{setting, "is a key that everybody on this machine may use: take the others' rights away (chmod o-rwx)"}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{setting, "cannot be read: " + reason(err)}
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(content)))
	if err != nil || len(key) != 32 {
		return nil, &Error{setting, "does not hold 64 hexadecimal digits"}
	}
	return key, nil
}

// makeKey writes a whole key under another name first, so that a crash leaves
// either no key or a good one, and never replaces one that is there.
func makeKey(path string) error {
	key := make([]byte, 32)
	rand.Read(key)
	f, err := os.CreateTemp(filepath.Dir(path), ".vitrine.key-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
