package view

import (
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// Part says where a part of a list stands: the addresses of the beginning and of what
// follows.
type Part struct {
	Newest string
	Older  string
	Alone  bool    // the page has nothing else
	Of     ui.Link // then of what it is; the zero one: of what the page is about
}

// Whole reports whether there are no others.
func (l Part) Whole() bool { return l.Newest == "" && l.Older == "" }

// count is how many there are, when n are all.
func (l Part) count(n int) int {
	if !l.Whole() {
		return 0
	}
	return n
}

// pager leads to the rest of a list of things of a kind.
func (p *Page) pager(l Part, kind string) (newest, older ui.Link) {
	return ui.Link{Label: p.T("list.newest." + kind), Href: l.Newest}, ui.Link{Label: p.T("list.older." + kind), Href: l.Older}
}

// SignoffList is part of a list of sign-offs, the newest first.
type SignoffList struct {
	Part
	All []portal.Signoff
}

// ApprovalList is part of a list of approvals.
type ApprovalList struct {
	Part
	All []portal.Approval
}

// RevisionList is part of a list of revision requests.
type RevisionList struct {
	Part
	All []portal.Revision
}
