internal import Vips

/// `sasando-media`: decodes photos that strangers sent, in a process that has nothing to lose.
///
/// A service starts it, writes photos to its input and reads small ones from its output. It holds no key, no connection
/// and no file; what a photo does to it, it does to no one else. It ends with its input.
@main
enum MediaWorker {
    static func main() { PhotoPipe.serve() }
}
