; The setup program for Windows, made by Inno Setup 6.3 or newer. installers/windows/setup.py compiles it and gives what
; is defined nowhere here; compiled by hand without one of these it would be a setup program of something else.

#ifndef Version
  #error "Version is not defined. Make the setup program with: python installers/build.py setup"
#endif
#ifndef Homepage
  #error "Homepage is not defined. Make the setup program with: python installers/build.py setup"
#endif
#ifndef Folder
  #error "Folder is not defined. Make the setup program with: python installers/build.py setup"
#endif
#ifndef Icon
  #error "Icon is not defined. Make the setup program with: python installers/build.py setup"
#endif

#define Name "Moatless"
#define Program "Moatless.exe"
#define CommandLine "moatless-cli.exe"
; Never to be changed: by this Windows knows which program an upgrade is for.
#define Id "932B492D-AA06-4EE7-82AF-D23DEFB88B0B"

[Setup]
AppId={{{#Id}}
AppName={#Name}
AppVersion={#Version}
AppVerName={#Name} {#Version}
AppPublisher=The {#Name} authors
AppPublisherURL={#Homepage}
AppSupportURL={#Homepage}/issues
AppUpdatesURL={#Homepage}/releases
VersionInfoVersion={#Version}
; For the person alone, without administrator rights, unless they choose otherwise in the first dialog.
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=commandline dialog
DefaultDirName={autopf}\{#Name}
DisableProgramGroupPage=yes
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
; Windows 10, version 1809: the oldest that Qt 6.11 runs on.
MinVersion=10.0.17763
; Also what has no window and cannot be asked to close, the engine or a run that trains: nothing is lost by it, and the
; person was asked before.
CloseApplications=force
RestartApplications=no
SetupIconFile={#Icon}
UninstallDisplayIcon={app}\{#Program}
UninstallDisplayName={#Name}
WizardStyle=modern
Compression=lzma2/max
SolidCompression=yes
#ifdef Signed
; Signs the uninstaller and the setup program with the command that setup.py gives.
SignTool=moatless
#endif

[Languages]
Name: "english"; MessagesFile: "compiler:Default.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[InstallDelete]
; Libraries of an older version beside those of a newer one are a classic crash.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Folder}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{autoprograms}\{#Name}"; Filename: "{app}\{#Program}"
Name: "{autodesktop}\{#Name}"; Filename: "{app}\{#Program}"; Tasks: desktopicon

[Run]
Filename: "{app}\{#Program}"; Description: "{cm:LaunchProgram,{#Name}}"; Flags: nowait postinstall skipifsilent

[UninstallDelete]
; The Python that trains keeps what it has compiled beside the trainer.
Type: filesandordirs; Name: "{app}\_internal"

[Code]
const
  UninstallKey = 'Software\Microsoft\Windows\CurrentVersion\Uninstall\{{#Id}}_is1';

function IsRunning(Name: String): Boolean;
var
  Path: String;
begin
  { A program that runs cannot be opened to be written to. Nothing is appended. }
  Path := ExpandConstant('{app}\') + Name;
  Result := FileExists(Path) and not SaveStringToFile(Path, '', True);
end;

function InitializeUninstall(): Boolean;
begin
  Result := not (IsRunning('{#Program}') or IsRunning('{#CommandLine}'));
  while not Result and not UninstallSilent() and
    (MsgBox('{#Name} is running. Close its window, wait until no training runs, and try again.',
      mbError, MB_RETRYCANCEL) = IDRETRY) do
    Result := not (IsRunning('{#Program}') or IsRunning('{#CommandLine}'));
end;

function Agrees(Question: String): Boolean;
begin
  Result := MsgBox(Question, mbConfirmation, MB_YESNO or MB_DEFBUTTON2) = IDYES;
end;

{ Returns what the person wants deleted besides the program, in the words of the command remove-data. }
function Unwanted(): String;
begin
  Result := '';
  if not Agrees('Your chats, models and everything else you made with {#Name} stay on this computer, for a later' +
    ' installation.' + #13#10#13#10 + 'Do you want to choose what is to be deleted as well?') then
    Exit;
  if Agrees('Delete all chats, and the settings? This cannot be undone. If the file with the chats is damaged, the' +
    ' lists of models and adapters in it, and stacks with a name, are deleted with it.') then
    Result := Result + ' chats';
  if Agrees('Delete the models that were downloaded? Files of your own in other folders stay.') then
    Result := Result + ' models';
  if Agrees('Delete the adapters, which are what models have learned? This cannot be undone.') then
    Result := Result + ' adapters';
  if Agrees('Delete what you put together to teach a model, and its training runs? This cannot be undone.') then
    Result := Result + ' teaching';
  if Agrees('Delete the training environment? It can be downloaded again.') then
    Result := Result + ' training';
  if Agrees('Delete the token for the Hugging Face Hub, if you gave one?') then
    Result := Result + ' token';
end;

procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
var
  What: String;
  Status: Integer;
begin
  { Before anything is removed, because the program knows where its data is. Silently nothing is deleted, and neither
    where the program was there for all: this one person cannot speak for the others. }
  if (CurUninstallStep <> usUninstall) or UninstallSilent() or not RegKeyExists(HKEY_CURRENT_USER, UninstallKey) then
    Exit;
  What := Unwanted();
  if What = '' then
    Exit;
  if not Exec(ExpandConstant('{app}\{#CommandLine}'), 'remove-data' + What + ' --yes', '', SW_HIDE,
    ewWaitUntilTerminated, Status) or (Status <> 0) then
    MsgBox('Not all of it could be deleted. What is left lies in ' + ExpandConstant('{localappdata}\{#Name}') + '.',
      mbError, MB_OK);
end;
