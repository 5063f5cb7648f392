// Package internal holds what Vitrine is made of; see docs/design.md.
package internal
