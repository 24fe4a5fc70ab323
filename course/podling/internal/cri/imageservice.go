package cri

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"kubelab.dev/podling/internal/images"
)

// imageServer is the ImageService of the same runtime.
type imageServer struct {
	runtimeapi.UnimplementedImageServiceServer
	*server
}

func (s imageServer) PullImage(ctx context.Context, r *runtimeapi.PullImageRequest) (*runtimeapi.PullImageResponse, error) {
	var auth *images.Auth
	if a := r.Auth; a != nil {
		auth = &images.Auth{Username: a.Username, Password: a.Password, Auth: a.Auth,
			IdentityToken: a.IdentityToken, RegistryToken: a.RegistryToken}
	}
	start := time.Now()
	id, err := s.images.Pull(ctx, r.GetImage().GetImage(), auth)
	if err != nil {
		s.config.Log.Info("pull failed", "image", r.GetImage().GetImage(), "error", err)
		return nil, status.Error(pullCode(err), err.Error())
	}
	s.config.Log.Info("pulled", "image", r.GetImage().GetImage(), "id", id, "took", time.Since(start))
	return &runtimeapi.PullImageResponse{ImageRef: id}, nil
}

func pullCode(err error) codes.Code {
	switch {
	case errors.Is(err, images.ErrNotFound):
		return codes.NotFound
	case errors.Is(err, images.ErrDenied):
		return codes.Unknown // containerd's; kubelet shows the words
	case errors.Is(err, context.Canceled):
		return codes.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded
	}
	return codes.Unknown
}

func (s imageServer) ImageStatus(_ context.Context, r *runtimeapi.ImageStatusRequest) (*runtimeapi.ImageStatusResponse, error) {
	image, ok := s.images.Get(r.GetImage().GetImage())
	if !ok {
		return &runtimeapi.ImageStatusResponse{}, nil
	}
	return &runtimeapi.ImageStatusResponse{Image: shown(image)}, nil
}

func (s imageServer) ListImages(_ context.Context, r *runtimeapi.ListImagesRequest) (*runtimeapi.ListImagesResponse, error) {
	reply := new(runtimeapi.ListImagesResponse)
	if want := r.GetFilter().GetImage().GetImage(); want != "" {
		if image, ok := s.images.Get(want); ok {
			reply.Images = append(reply.Images, shown(image))
		}
		return reply, nil
	}
	for _, image := range s.images.List() {
		reply.Images = append(reply.Images, shown(image))
	}
	return reply, nil
}

// shown is an image in the protocol's form. Its user tells kubelet whether
// runAsNonRoot holds.
func shown(i images.Image) *runtimeapi.Image {
	out := &runtimeapi.Image{Id: i.ID, RepoTags: i.RepoTags, RepoDigests: i.RepoDigests, Size: uint64(i.Size)}
	name, _, _ := strings.Cut(i.Config.User, ":")
	if uid, err := strconv.ParseInt(name, 10, 64); err == nil {
		out.Uid = &runtimeapi.Int64Value{Value: uid}
	} else {
		out.Username = name
	}
	return out
}

func (s imageServer) RemoveImage(_ context.Context, r *runtimeapi.RemoveImageRequest) (*runtimeapi.RemoveImageResponse, error) {
	return &runtimeapi.RemoveImageResponse{}, s.images.Remove(r.GetImage().GetImage())
}

func (s imageServer) ImageFsInfo(context.Context, *runtimeapi.ImageFsInfoRequest) (*runtimeapi.ImageFsInfoResponse, error) {
	bytes, inodes := s.images.Usage()
	usage := &runtimeapi.FilesystemUsage{Timestamp: time.Now().UnixNano(),
		FsId:      &runtimeapi.FilesystemIdentifier{Mountpoint: s.images.Dir()},
		UsedBytes: &runtimeapi.UInt64Value{Value: bytes}, InodesUsed: &runtimeapi.UInt64Value{Value: inodes}}
	return &runtimeapi.ImageFsInfoResponse{ImageFilesystems: []*runtimeapi.FilesystemUsage{usage},
		ContainerFilesystems: []*runtimeapi.FilesystemUsage{usage}}, nil
}
