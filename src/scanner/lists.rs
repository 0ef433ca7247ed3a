//! Endings of files' names, lower case, with blanks between them.

/// What runs, installs or mounts at a double click, or is run by what does, on the systems that citizens have: programs
/// and parts of them, packages that install, scripts, what starts or fetches something else, disks, whose files bear no
/// mark of where they come from once they are mounted. An authority has no cause to send one.
pub const REFUSED: &str = "\
    exe com scr pif dll sys drv ocx cpl xll wll elf macho run appimage dex \
    msi msp mst msix msixbundle appx appxbundle appinstaller application gadget xap xbap vsix deb rpm pkg mpkg apk xapk \
    ipa app jar jnlp class air diagcab \
    bat cmd btm js jse vb vbs vbe vbscript ws wsc wsf wsh sct hta ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psm1 cdxml pssc \
    msh msh1 msh2 mshxml msh1xml msh2xml sh bash csh ksh zsh fish command tool workflow scpt scptd applescript action \
    osx py pyc pyo pyw pyz pyzw pl rb ahk au3 \
    lnk url website webloc desktop scf inf ins isp reg rgs msc job theme themepack deskthemepack desktopthemepack \
    settingcontent-ms library-ms search-ms searchconnector-ms appref-ms appcontent-ms mcf shb shs xnk iqy oqy rqy dqy \
    slk chm hlp its ade adp mda mde accde accda rdp udl \
    iso img udf vhd vhdx vmdk wim swm esd dmg cab";

/// Office files that may hold macros, by their names.
pub(super) const MACROS: &str = "docm dotm xlsm xltm xlam xla pptm potm ppam ppsm sldm ppa xlm vstm vsdm vssm";

/// Archives: inside another one, where they cannot be read because they are compressed.
pub(super) const ARCHIVES: &str = "\
    zip zipx 7z rar tar gz tgz bz2 tbz tbz2 xz txz zst tzst z taz lz lzma lzh lha ace arj arc zoo alz egg cpio uue xar \
    sit sitx";

/// What is a ZIP by its name, whatever stands before its list.
pub(super) const ZIPS: &str = "\
    zip zipx docx dotx xlsx xltx xlsb pptx potx ppsx vsdx odt ods odp odg odf ott ots otp epub asice asics sce scs bdoc \
    edoc adoc kmz xps oxps";

/// Whether the ending is on the list.
pub(super) fn has(list: &str, ending: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == ending)
}
