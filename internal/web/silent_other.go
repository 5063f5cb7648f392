//go:build !linux

package web

import (
	"net"
	"time"
)

// endSilent is for systems that can be told how long the other side may be silent.
func endSilent(net.Conn, time.Duration) {}
