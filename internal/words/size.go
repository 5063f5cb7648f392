package words

import "strconv"

// Size writes how much a file takes: "512 bytes", "3.4 MB", "12 GB". A MB is
// 1,048,576 bytes, as most systems show them.
func (b *Book) Size(bytes int64) string {
	if bytes < 1<<10 {
		return b.N("number.bytes", int(max(bytes, 0)))
	}
	tenths, unit := bytes*10>>10, 0
	for tenths >= 10240 && unit < 3 {
		tenths, unit = tenths>>10, unit+1
	}
	n := b.Number(tenths / 10)
	if tenths < 100 && tenths%10 != 0 {
		n = strconv.FormatInt(tenths/10, 10) + b.T("number.point") + strconv.FormatInt(tenths%10, 10)
	}
	switch unit {
	case 0:
		return b.T("number.kb", "n", n)
	case 1:
		return b.T("number.mb", "n", n)
	case 2:
		return b.T("number.gb", "n", n)
	}
	return b.T("number.tb", "n", n)
}
