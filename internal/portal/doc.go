// Package portal is the product: clients, the people who may see them, their
// projects, and everything that happens there.
//
// Adapters (pages, the JSON API, mails) reach it through one door, [Portal.As],
// which gives a [Scope]: the portal as one actor sees it. A Scope never returns
// a row that its actor may not see, and never says whether a hidden one exists:
// both are [ErrNotFound]. A zero actor sees nothing.
//
// Every change is one transaction that holds the change, its event and
// whatever follows from it; when a method returns nil, the change is on disk.
package portal
