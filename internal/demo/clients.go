package demo

// clients lists them in the order in which they came.
func clients() []*client {
	return []*client{leto(), kestrel(), oda(), volt(), marram(), nordlicht()}
}
