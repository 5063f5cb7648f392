package words

import (
	"testing"
	"time"
)

func TestMoney(t *testing.T) {
	b := For("en", time.UTC)
	for _, x := range []struct {
		amount   int64
		currency string
		want     string
	}{
		{25000, "EUR", "€250.00"}, {125050, "USD", "$1,250.50"}, {5, "GBP", "£0.05"}, {1200, "JPY", "¥1,200"}, {1500, "KWD", "KWD\u00a01.500"}, {99, "QQQ", "QQQ\u00a00.99"},
	} {
		if got := b.Money(x.amount, x.currency); got != x.want {
			t.Errorf("Money(%d, %s) = %q, want %q", x.amount, x.currency, got, x.want)
		}
	}
	for _, x := range []struct {
		typed, currency string
		want            int64
	}{
		{"250", "EUR", 25000}, {"1,250.5", "EUR", 125050}, {" 0.05 ", "EUR", 5}, {"1200", "JPY", 1200}, {"1.5", "KWD", 1500},
		{"1,25", "EUR", 125}, {"1,5", "EUR", 150}, {"1250,50", "EUR", 125050}, {"1,250", "EUR", 125000}, {"1,250,000", "EUR", 125000000},
		{"12,34,567", "EUR", 0}, {"1250,500", "EUR", 0}, {",500", "EUR", 0}, {"1,2,3", "EUR", 0}, {"1.250,50", "EUR", 0}, {"1,2345", "EUR", 0}, {"1,250.5,0", "EUR", 0}, {"1,25", "JPY", 0},
		{"", "EUR", 0}, {"0", "EUR", 0}, {"-5", "EUR", 0}, {"1.234", "EUR", 0}, {"1.5", "JPY", 0}, {"1e5", "EUR", 0}, {"99999999999999999999", "EUR", 0}, {"5", "QQQ", 0}, {"+5", "EUR", 0}, {"٣", "EUR", 0},
	} {
		got, ok := b.ReadMoney(x.typed, x.currency)
		if ok != (x.want > 0) || ok && got != x.want {
			t.Errorf("ReadMoney(%q, %s) = %d, %v, want %d", x.typed, x.currency, got, ok, x.want)
		}
	}
}
