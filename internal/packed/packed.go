// Package packed reads the archives of small files that are part of the program and
// read when it starts. They are compressed as one, since what they have in common is
// in each of them.
package packed

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"sync"
)

// Archive returns the files of an archive that is part of the program, unpacked when
// they are first asked for.
func Archive(archive []byte) func() fs.FS {
	return sync.OnceValue(func() fs.FS {
		files, err := Files(archive)
		if err != nil {
			panic("packed: " + err.Error())
		}
		return files
	})
}

// Files are those of an archive that Zip made and gzip compressed.
func Files(archive []byte) (fs.FS, error) {
	r, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(b), int64(len(b)))
}

// A File is one to be packed.
type File struct {
	Name string // with slashes
	Body []byte
}

// Zip makes an archive, which is still to be compressed: of the same files the same
// bytes.
func Zip(files []File) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.Body); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}
